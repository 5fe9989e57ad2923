namespace Rag.Cli.Up;

/// <summary>What <c>rag up</c> was asked for.</summary>
/// <param name="Infrastructure"><c>containers</c>, <c>native</c>, or null for what fits.</param>
/// <param name="Dashboard">Whether the dashboard is wanted.</param>
/// <param name="Sample">Whether to load the sample collection.</param>
/// <param name="Yes">Nobody is to be asked.</param>
/// <param name="Aspire">True: build on Aspire's own packages from now on; false: no longer; null: as before.</param>
internal sealed record UpOptions(string? Infrastructure, bool Dashboard, bool Sample, bool Yes, bool? Aspire);
