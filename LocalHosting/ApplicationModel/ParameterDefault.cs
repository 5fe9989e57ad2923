namespace Aspire.Hosting.ApplicationModel;

/// <summary>Where a parameter's value comes from when configuration has none.</summary>
public abstract class ParameterDefault
{
    private protected ParameterDefault()
    {
    }

    public abstract string GetDefaultValue();

    /// <summary>What the manifest says of it: the value of <c>default</c>.</summary>
    internal abstract Manifest.ManifestParameterDefault ForManifest();
}

/// <summary>A random text. The manifest carries the recipe, never a value.</summary>
public sealed class GenerateParameterDefault : ParameterDefault
{
    /// <summary>22 characters of the default alphabet hold more than 128 bits.</summary>
    public int MinLength { get; set; } = 22;

    public bool Lower { get; set; } = true;

    public bool Upper { get; set; } = true;

    public bool Numeric { get; set; } = true;

    public bool Special { get; set; } = true;

    public int MinLower { get; set; }

    public int MinUpper { get; set; }

    public int MinNumeric { get; set; }

    public int MinSpecial { get; set; }

    public override string GetDefaultValue() => GeneratedText.Create(this);

    internal override Manifest.ManifestParameterDefault ForManifest() => new()
    {
        Generate = new()
        {
            MinLength = MinLength,
            Lower = FalseOnly(Lower),
            Upper = FalseOnly(Upper),
            Numeric = FalseOnly(Numeric),
            Special = FalseOnly(Special),
            MinLower = PositiveOnly(MinLower),
            MinUpper = PositiveOnly(MinUpper),
            MinNumeric = PositiveOnly(MinNumeric),
            MinSpecial = PositiveOnly(MinSpecial),
        },
    };

    private static bool? FalseOnly(bool value) => value ? null : false;

    private static int? PositiveOnly(int value) => value == 0 ? null : value;
}

/// <summary>A value that is known in the app model and that the manifest publishes.</summary>
internal sealed class PublishedParameterDefault(Func<string> value) : ParameterDefault
{
    private readonly Lazy<string> _value = new(value);

    public override string GetDefaultValue() => _value.Value;

    internal override Manifest.ManifestParameterDefault ForManifest() => new() { Value = GetDefaultValue() };
}

/// <summary>Keeps what another default made in the user secrets, so that the next start finds the same value.</summary>
internal sealed class PersistedParameterDefault(string key, ParameterDefault inner, Secrets.IUserSecrets secrets) : ParameterDefault
{
    private readonly Lazy<string> _value = new(() => secrets.GetOrAdd(key, inner.GetDefaultValue));

    public override string GetDefaultValue() => _value.Value;

    internal override Manifest.ManifestParameterDefault ForManifest() => inner.ForManifest();
}
