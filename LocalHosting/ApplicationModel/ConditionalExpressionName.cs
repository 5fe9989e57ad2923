using System.Globalization;
using System.Text;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>
/// The manifest has no conditional expressions: the chosen value is written as a resource of its own, named
/// <c>cond-{condition}-{hash}</c>, for example <c>cond-cache-bindings-tcp-tlsenabled-3eddb73a</c>. Name and hash are Aspire's.
/// </summary>
internal static class ConditionalExpressionName
{
    public static string For(ReferenceExpression.Choice choice)
    {
        var condition = (choice.Condition as IManifestExpressionProvider)?.ValueExpression;
        var readable = Readable(condition ?? string.Empty);
        var hash = XxHash32.Hash(Encoding.UTF8.GetBytes(string.Concat(
            condition ?? choice.Condition.GetType().Name,
            choice.WhenTrue.ValueExpression,
            choice.WhenFalse.ValueExpression,
            choice.MatchValue)));
        return $"cond-{(readable.Length > 0 ? readable : "expr")}-{hash.ToString("x8", CultureInfo.InvariantCulture)}";
    }

    private static string Readable(string expression)
    {
        var words = new StringBuilder();
        foreach (var c in expression)
        {
            if (char.IsLetterOrDigit(c))
            {
                words.Append(char.ToLowerInvariant(c));
            }
            else if (words.Length > 0 && words[^1] != '-')
            {
                words.Append('-');
            }
        }

        return words.ToString().TrimEnd('-');
    }
}
