using System.Text;

namespace Rag.Deploy.AppModel.Expressions;

/// <summary>A text with every expression looked up: what can be written down, and the places of secrets, which cannot.</summary>
public sealed record ResolvedText
{
    private ResolvedText(IReadOnlyList<ResolvedPart> parts) => Parts = parts;

    /// <summary>Nothing.</summary>
    public static ResolvedText Empty { get; } = new([]);

    /// <summary>In order; two plain parts never stand side by side.</summary>
    public IReadOnlyList<ResolvedPart> Parts { get; }

    /// <summary>Whether a secret is part of it, at whatever depth: then it may stand in no ConfigMap, argument or log (the taint rule).</summary>
    public bool IsSecret => Parts.Any(static part => part is SecretPart);

    /// <summary>The text, where no secret is part of it.</summary>
    /// <exception cref="InvalidOperationException">A secret is part of it.</exception>
    public string Plain => IsSecret
        ? throw new InvalidOperationException("The text holds a secret; it must not be written down.")
        : string.Concat(Parts.OfType<PlainPart>().Select(static part => part.Text));

    /// <summary>The secrets in it, each once, in order.</summary>
    public IEnumerable<SecretPart> Secrets => Parts.OfType<SecretPart>().Distinct();

    /// <summary>Puts parts together, joining plain ones.</summary>
    public static ResolvedText Of(IEnumerable<ResolvedPart> parts)
    {
        var joined = new List<ResolvedPart>();
        foreach (var part in parts)
        {
            if (part is PlainPart plain && joined is [.., PlainPart before])
            {
                joined[^1] = new PlainPart(before.Text + plain.Text);
            }
            else if (part is not PlainPart { Text.Length: 0 })
            {
                joined.Add(part);
            }
        }

        return joined.Count == 0 ? Empty : new ResolvedText(joined);
    }

    /// <summary>A text without secrets.</summary>
    public static ResolvedText Of(string text) => Of([new PlainPart(text)]);

    /// <summary>The same, percent-encoded as RFC 3986 has it for one component of a URI.</summary>
    public ResolvedText UriEncoded() => Of(Parts.Select(static part => part switch
    {
        PlainPart plain => (ResolvedPart)new PlainPart(Uri.EscapeDataString(plain.Text)),
        SecretPart secret => secret with { UriEncodings = secret.UriEncodings + 1 },
        _ => part,
    }));

    /// <summary>The text with the secrets filled in.</summary>
    /// <param name="secret">What stands for one; it applies the encodings.</param>
    public string Render(Func<SecretPart, string> secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        var text = new StringBuilder();
        foreach (var part in Parts)
        {
            text.Append(part switch { PlainPart plain => plain.Text, SecretPart one => secret(one), _ => "" });
        }

        return text.ToString();
    }

    /// <summary>For people: secrets by name only.</summary>
    public override string ToString() => Render(static secret => $"<{secret.Parameter}>");

    /// <inheritdoc/>
    public bool Equals(ResolvedText? other) => other is not null && Parts.SequenceEqual(other.Parts);

    /// <inheritdoc/>
    public override int GetHashCode() => Parts.Aggregate(0, HashCode.Combine);
}

/// <summary>A piece of a <see cref="ResolvedText"/>.</summary>
public abstract record ResolvedPart;

/// <summary>What may be written down.</summary>
public sealed record PlainPart(string Text) : ResolvedPart;

/// <summary>The place of a secret.</summary>
/// <param name="Parameter">Whose value it is.</param>
/// <param name="UriEncodings">How often it is percent-encoded before it is put in.</param>
public sealed record SecretPart(string Parameter, int UriEncodings = 0) : ResolvedPart;
