namespace Rag.Deploy.Tests.Checks;

/// <summary>Every rule, in the order of their numbers.</summary>
internal static class AllChecks
{
    public static IReadOnlyList<Check> InOrder { get; } =
        [.. PodSecurityChecks.All, .. IdentityChecks.All, .. SecretChecks.All, .. ResourceChecks.All, .. AvailabilityChecks.All, .. NetworkChecks.All, .. HygieneChecks.All];

    /// <summary>For theories.</summary>
    public static TheoryData<int> Numbers => [.. InOrder.Select(static check => check.Number)];

    public static Check Of(int number) => InOrder.Single(check => check.Number == number);
}
