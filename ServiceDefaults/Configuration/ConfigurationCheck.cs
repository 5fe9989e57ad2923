using System.Collections;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace RagPlatform.ServiceDefaults.Configuration;

/// <summary>Compares what is configured below <c>Rag</c> with the options there are: unknown keys, values that do not fit. Pure.</summary>
internal static class ConfigurationCheck
{
    public static IReadOnlyList<string> Problems(IConfiguration configuration, IEnumerable<ConfigurationSectionType> sections)
    {
        var types = sections.ToLookup(static section => section.Name, static section => section.Options, StringComparer.OrdinalIgnoreCase);
        var problems = new List<string>();
        foreach (var section in configuration.GetSection("Rag").GetChildren())
        {
            if (!ConfigurationSections.Known.Contains(section.Key, StringComparer.OrdinalIgnoreCase))
            {
                problems.Add($"{section.Path} is unknown. Below 'Rag' there are: {string.Join(", ", ConfigurationSections.Known)}.");
            }
            else if (types.Contains(section.Key))
            {
                CheckObject(section, [.. types[section.Key]], problems);
            }
        }

        return problems;
    }

    // Several rooms may read parts of one section, so a key is known when any of the types has it.
    private static void CheckObject(IConfigurationSection section, IReadOnlyList<Type> types, List<string> problems)
    {
        var properties = types
            .SelectMany(static type => type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
            .Where(static property => property.SetMethod is not null && property.GetIndexParameters().Length == 0)
            .GroupBy(static property => property.Name, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(static group => group.Key, static group => group.First(), StringComparer.OrdinalIgnoreCase);
        foreach (var child in section.GetChildren())
        {
            if (!properties.TryGetValue(child.Key, out var property))
            {
                problems.Add($"{child.Path} is unknown. '{section.Path}' knows: {string.Join(", ", properties.Keys.Order(StringComparer.Ordinal))}.");
                continue;
            }

            CheckValue(child, property.PropertyType, property, problems);
        }
    }

    private static void CheckValue(IConfigurationSection entry, Type declared, PropertyInfo property, List<string> problems)
    {
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        if (IsScalar(type))
        {
            CheckScalar(entry, type, property, problems);
        }
        else if (ElementOf(type) is { } element)
        {
            foreach (var item in entry.GetChildren())
            {
                CheckValue(item, element, property, problems);
            }
        }
        else if (entry.Value is { Length: > 0 })
        {
            problems.Add($"{entry.Path} = {Shown(entry)} is a single value; it must have keys below it.");
        }
        else
        {
            CheckObject(entry, [type], problems);
        }
    }

    private static void CheckScalar(IConfigurationSection entry, Type type, PropertyInfo property, List<string> problems)
    {
        if (entry.Value is null)
        {
            problems.Add($"{entry.Path} has keys below it, but it takes a single value: {Allowed(type)}.");
            return;
        }

        // The binder leaves a default alone for an empty value, and so do we.
        if (entry.Value.Length == 0)
        {
            return;
        }

        object? value;
        try
        {
            value = TypeDescriptor.GetConverter(type).ConvertFromInvariantString(entry.Value);
        }
        catch (Exception e) when (e is FormatException or ArgumentException or NotSupportedException or OverflowException)
        {
            problems.Add($"{entry.Path} = {Shown(entry)} is not valid; allowed: {Allowed(type)}.");
            return;
        }

        if (type.IsEnum && !Enum.IsDefined(type, value!))
        {
            problems.Add($"{entry.Path} = {Shown(entry)} is not valid; allowed: {Allowed(type)}.");
            return;
        }

        foreach (var attribute in property.GetCustomAttributes<ValidationAttribute>())
        {
            if (IsScalar(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) && !attribute.IsValid(value))
            {
                problems.Add($"{entry.Path} = {Shown(entry)} is not valid; {Allowed(attribute, entry.Key)}.");
            }
        }
    }

    private static bool IsScalar(Type type) =>
        type.IsPrimitive || type.IsEnum || type == typeof(string) || type == typeof(decimal) || type == typeof(TimeSpan) || type == typeof(Uri)
        || type == typeof(Guid) || type == typeof(DateTimeOffset) || type == typeof(DateTime);

    private static Type? ElementOf(Type type)
    {
        if (type.IsArray)
        {
            return type.GetElementType();
        }

        return type.IsGenericType && typeof(IEnumerable).IsAssignableFrom(type) ? type.GetGenericArguments()[^1] : null;
    }

    private static string Allowed(Type type) => type switch
    {
        { IsEnum: true } => string.Join(", ", Enum.GetNames(type).Select(static name => name.ToLowerInvariant())),
        _ when type == typeof(bool) => "true, false",
        _ when type == typeof(TimeSpan) => "a duration such as 00:00:30 (hours:minutes:seconds)",
        _ when type == typeof(Uri) => "a URL",
        _ when type == typeof(int) || type == typeof(long) => "a whole number",
        _ when type == typeof(double) || type == typeof(float) || type == typeof(decimal) => "a number such as 0.5",
        _ => $"a {type.Name}",
    };

    private static string Allowed(ValidationAttribute attribute, string key) => attribute switch
    {
        RangeAttribute range => string.Create(CultureInfo.InvariantCulture, $"allowed: {range.Minimum} to {range.Maximum}"),
        AllowedValuesAttribute values => $"allowed: {string.Join(", ", values.Values.Where(static value => value is not null))}",
        _ => attribute.FormatErrorMessage(key).TrimEnd('.'),
    };

    private static string Shown(IConfigurationSection entry) =>
        SecretWords.Any(word => entry.Key.Contains(word, StringComparison.OrdinalIgnoreCase)) ? "(not shown)" : $"'{entry.Value}'";

    private static readonly string[] SecretWords = ["key", "password", "secret", "token", "connectionstring"];
}
