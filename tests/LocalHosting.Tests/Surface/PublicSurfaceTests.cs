using System.Reflection;
using System.Runtime.CompilerServices;
using Rag.Testing;

namespace LocalHosting.Tests.Surface;

/// <summary>
/// LocalHosting stands in for Aspire's packages, so it must not offer what they do not have: an app host that used it would not build there.
/// Every line of public-surface.txt was compared with the declarations of Aspire 13.5.0 (src/*/api/*.cs in its repository).
/// </summary>
public sealed class PublicSurfaceTests
{
    [Fact]
    public void Nothing_is_public_that_was_not_compared_with_Aspires_declarations()
    {
        var reviewed = Reviewed();

        var added = Members().Except(reviewed, StringComparer.Ordinal).ToArray();
        var gone = reviewed.Except(Members(), StringComparer.Ordinal).ToArray();

        Assert.True(added.Length == 0, $"Make these internal, or compare them with Aspire's declarations and add them to public-surface.txt:\n{string.Join('\n', added)}");
        Assert.True(gone.Length == 0, $"These are gone: callers written for Aspire may need them. If not, remove them from public-surface.txt:\n{string.Join('\n', gone)}");
    }

    private static IEnumerable<string> Members() => typeof(DistributedApplication).Assembly.GetExportedTypes()
        .SelectMany(type => type
            .GetMembers(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            .Where(IsVisible)
            .Select(member => $"{type.FullName} {Describe(member)}")
            .Prepend(type.FullName!))
        .Order(StringComparer.Ordinal);

    private static bool IsVisible(MemberInfo member) => member switch
    {
        // What the compiler writes for records, and accessors, come with something that is listed.
        _ when member.IsDefined(typeof(CompilerGeneratedAttribute)) && member is not PropertyInfo => false,
        MethodBase { IsSpecialName: true } method and not ConstructorInfo when !method.Name.StartsWith("op_", StringComparison.Ordinal) => false,
        MethodBase method => method.IsPublic || method.IsFamily,
        FieldInfo field => field.IsPublic || field.IsFamily,
        PropertyInfo property => property.GetAccessors(nonPublic: true).Any(accessor => accessor.IsPublic || accessor.IsFamily),
        _ => false,
    };

    private static string Describe(MemberInfo member) => member switch
    {
        MethodBase method => $"{method.Name}({string.Join(", ", method.GetParameters().Select(Describe))})",
        _ => member.Name,
    };

    private static string Describe(ParameterInfo parameter) =>
        $"{parameter.ParameterType} {parameter.Name}{(parameter.HasDefaultValue ? $" = {parameter.DefaultValue ?? "null"}" : string.Empty)}";

    private static string[] Reviewed() =>
        File.ReadAllLines(Path.Combine(Repository.Root, "tests", "LocalHosting.Tests", "Surface", "public-surface.txt"));
}
