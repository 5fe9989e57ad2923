using System.Diagnostics;
using System.Globalization;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>
/// Text with holes for values that are known later: at run time it is a value, in the manifest an expression.
/// <c>ReferenceExpression.Create($"Host={endpoint.Property(EndpointProperty.Host)};Password={password}")</c>; the format <c>:uri</c> escapes a value.
/// </summary>
[DebuggerDisplay("{ValueExpression}")]
public sealed partial class ReferenceExpression : IExpressionValue, IValueWithReferences
{
    /// <summary>No text; its value is null.</summary>
    public static readonly ReferenceExpression Empty = new(string.Empty, []);

    private readonly Hole[] _holes;

    internal ReferenceExpression(string format, IReadOnlyList<Hole> holes)
    {
        Format = format;
        _holes = [.. holes];
    }

    internal ReferenceExpression(Choice choice)
        : this(string.Empty, [])
    {
        Conditional = choice;
        ConditionalName = ConditionalExpressionName.For(choice);
    }

    /// <summary>A composite format string; literal braces are doubled.</summary>
    public string Format { get; }

    public IReadOnlyList<IValueProvider> ValueProviders => Conditional is { } choice
        ? [.. choice.WhenTrue.ValueProviders, .. choice.WhenFalse.ValueProviders]
        : [.. _holes.Select(hole => hole.Provider)];

    public IReadOnlyList<string> ManifestExpressions => [.. _holes.Select(hole => hole.ManifestExpression)];

    public string ValueExpression => ConditionalName is { } name
        ? $"{{{name}.connectionString}}"
        : string.Format(CultureInfo.InvariantCulture, Format, [.. _holes.Select(hole => (object)hole.ManifestExpression)]);

    IEnumerable<object> IValueWithReferences.References => Conditional is { } choice
        ? [choice.Condition, .. ((IValueWithReferences)choice.WhenTrue).References, .. ((IValueWithReferences)choice.WhenFalse).References]
        : _holes.Select(hole => (object)hole.Provider);

    internal IReadOnlyList<Hole> Holes => _holes;

    /// <summary>Set when this expression stands for one of two others.</summary>
    internal Choice? Conditional { get; }

    /// <summary>The name under which the manifest writes the value of a conditional expression.</summary>
    internal string? ConditionalName { get; }

    public static ReferenceExpression Create(in ExpressionInterpolatedStringHandler handler) => handler.ToExpression();

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) => GetValueAsync(new(), cancellationToken);

    public async ValueTask<string?> GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken)
    {
        if (Conditional is { } choice)
        {
            var condition = await choice.Condition.GetValueAsync(context, cancellationToken);
            var branch = string.Equals(condition, choice.MatchValue, StringComparison.OrdinalIgnoreCase) ? choice.WhenTrue : choice.WhenFalse;
            return await branch.GetValueAsync(context, cancellationToken);
        }

        if (Format.Length == 0)
        {
            return null;
        }

        var values = new object?[_holes.Length];
        for (var i = 0; i < values.Length; i++)
        {
            var value = await _holes[i].Provider.GetValueAsync(context, cancellationToken);
            values[i] = value is not null && _holes[i].Format is { Length: > 0 } format ? ExpressionText.Apply(value, format) : value;
        }

        return string.Format(CultureInfo.InvariantCulture, Format, values);
    }

    /// <summary>One value within the text.</summary>
    internal sealed record Hole(IValueProvider Provider, string ManifestExpression, string? Format);

    /// <summary>Which of two expressions applies, decided when the value is asked for.</summary>
    internal sealed record Choice(IValueProvider Condition, string MatchValue, ReferenceExpression WhenTrue, ReferenceExpression WhenFalse);
}
