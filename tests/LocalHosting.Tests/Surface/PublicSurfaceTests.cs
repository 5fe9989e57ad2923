using System.Reflection;
using System.Runtime.CompilerServices;
using Rag.Testing;

namespace LocalHosting.Tests.Surface;

/// <summary>
/// LocalHosting stands in for Aspire's packages, so it must not offer what they do not have: an app host that used it would not build there.
/// Names and parameters of every line of public-surface.txt were compared with the declarations of Aspire 13.5.0 (src/*/api/*.cs in its
/// repository). Kinds, results, constraints and accessors stand there as they are here, so that a change of one is seen and compared.
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
            .Prepend($"{type.FullName} {Describe(type)}"))
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

    // Everything that a caller's source depends on: kind, constraints, results and which accessors there are, besides names and parameters.
    private static string Describe(Type type) =>
        $"{(type.IsInterface ? "interface" : type.IsEnum ? "enum" : type.IsValueType ? "struct" : type is { IsAbstract: true, IsSealed: true } ? "static class" : type.IsSealed ? "sealed class" : type.IsAbstract ? "abstract class" : "class")}"
        + $"{(type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType) && parent != typeof(Enum) ? $" of {parent}" : "")}{Constraints(type.GetGenericArguments())}";

    private static string Describe(MemberInfo member) => member switch
    {
        ConstructorInfo constructor => $"{constructor.Name}({Parameters(constructor)})",
        MethodInfo method => $"{Static(method.IsStatic)}{method.Name}({Parameters(method)}) : {method.ReturnType}{Constraints(method.GetGenericArguments())}",
        PropertyInfo property => $"{Static(property.GetAccessors(nonPublic: true)[0].IsStatic)}{property.Name} : {property.PropertyType}{Accessor(property.GetMethod, "get")}{Accessor(property.SetMethod, "set")}",
        FieldInfo { IsLiteral: true } constant => $"const {constant.Name} : {constant.FieldType} = {constant.GetRawConstantValue()}",
        FieldInfo field => $"{Static(field.IsStatic)}{field.Name} : {field.FieldType}",
        _ => member.Name,
    };

    private static string Static(bool isStatic) => isStatic ? "static " : "";

    private static string Accessor(MethodInfo? accessor, string name) => accessor switch
    {
        { IsPublic: true } or { IsFamily: true } or { IsFamilyOrAssembly: true } when accessor.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) => " init",
        { IsPublic: true } or { IsFamily: true } or { IsFamilyOrAssembly: true } => $" {name}",
        _ => "",
    };

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Describe));

    private static string Describe(ParameterInfo parameter) =>
        $"{(parameter.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "")}{parameter.ParameterType} {parameter.Name}{(parameter.HasDefaultValue ? $" = {parameter.DefaultValue ?? "null"}" : string.Empty)}";

    private static string Constraints(Type[] arguments) => string.Concat(arguments.Where(argument => argument.IsGenericParameter).Select(argument =>
    {
        var attributes = argument.GenericParameterAttributes;
        string[] all =
        [
            .. attributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint) ? (string[])["class"] : [],
            .. attributes.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint) ? (string[])["struct"] : [],
            .. argument.GetGenericParameterConstraints().Where(constraint => constraint != typeof(ValueType)).Select(constraint => constraint.ToString()).Order(StringComparer.Ordinal),
            .. attributes.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint) && !attributes.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint) ? (string[])["new()"] : [],
        ];
        return all.Length == 0 ? "" : $" where {argument.Name} : {string.Join(", ", all)}";
    }));

    private static string[] Reviewed() =>
        File.ReadAllLines(Path.Combine(Repository.Root, "tests", "LocalHosting.Tests", "Surface", "public-surface.txt"));
}
