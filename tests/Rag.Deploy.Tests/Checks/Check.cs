namespace Rag.Deploy.Tests.Checks;

/// <summary>One rule of a review.</summary>
/// <param name="Number">By which people speak of it.</param>
/// <param name="Rule">What has to be, in words.</param>
/// <param name="Look">At everything that the rule is about.</param>
internal sealed record Check(int Number, string Rule, Func<RenderedPlatform, IEnumerable<Finding>> Look)
{
    /// <summary>Why there may be nothing to look at; null: there always is.</summary>
    public string? NothingWhere { get; init; }

    /// <summary>One line for each place where the rule is not kept and no reason for it is given.</summary>
    public IReadOnlyList<string> Faults(RenderedPlatform platform) => [.. Look(platform).Where(static finding => finding.Fault is not null).Select(static finding => $"{finding.Subject}: {finding.Fault}")];

    public override string ToString() => $"{Number}: {Rule}";
}

/// <summary>What was seen at one place.</summary>
/// <param name="Subject">Where.</param>
/// <param name="Fault">What is wrong; null: nothing.</param>
/// <param name="Reason">Why the rule is not kept, as the manifest itself states it; null: it is kept.</param>
internal readonly record struct Finding(string Subject, string? Fault, string? Reason)
{
    /// <summary>The rule is kept, or it is not and a reason stands for it, or that is a fault.</summary>
    public static Finding Of(string subject, bool isKept, string fault, string? reason = null) =>
        isKept ? new Finding(subject, null, null) : string.IsNullOrWhiteSpace(reason) ? new Finding(subject, fault, null) : new Finding(subject, null, reason);
}
