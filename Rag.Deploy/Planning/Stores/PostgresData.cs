using System.Globalization;
using System.Text.RegularExpressions;

namespace Rag.Deploy.Planning.Stores;

/// <summary>
/// Where a PostgreSQL keeps its files, so that they are on the claim with every version of the image. It depends on where the image declares a
/// VOLUME: a container runtime lays one of its own over each that is not a mount of the pod, and that one goes with the container.
/// </summary>
/// <param name="Mount">Of the claim: where the image has its VOLUME, or what covers it.</param>
/// <param name="Folder">PGDATA: below the claim and never its root, which belongs to root, and where a file system keeps things of its own.</param>
internal sealed partial record PostgresData(string Mount, string Folder)
{
    // Since this version the image has its VOLUME one folder higher, and a folder in it for each version.
    // https://github.com/docker-library/postgres/pull/1259
    private const int FoldersByVersion = 18;

    /// <summary>For an image; where its tag does not tell the version, a place that is right with all of them.</summary>
    public static PostgresData Of(string image) => Major(image) is >= FoldersByVersion and var major
        ? new PostgresData("/var/lib/postgresql", string.Create(CultureInfo.InvariantCulture, $"/var/lib/postgresql/{major}/docker"))
        // An image of 18 or later that is not known as one lays its own volume around this claim, not over it. The folder is the same for all
        // of these versions, so that a newer server finds the files of an older one and refuses them instead of beginning anew, and is named
        // as 18 names its own, which looks for them before it begins.
        : new PostgresData("/var/lib/postgresql/data", "/var/lib/postgresql/data/pgdata/docker");

    // postgres:18.3-alpine, pgvector/pgvector:0.8.1-pg17, timescale/timescaledb:latest-pg16; what another image's own version says is nothing about PostgreSQL's.
    private static int? Major(string image)
    {
        var reference = ImageReference.Parse(image);
        if (reference.Tag is not { } tag)
        {
            return null;
        }

        var number = ByName().Match(tag) is { Success: true } named ? named
            : reference.Repository[(reference.Repository.LastIndexOf('/') + 1)..] == "postgres" ? AtStart().Match(tag) : Match.Empty;
        return number.Success ? int.Parse(number.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : null;
    }

    [GeneratedRegex("(?<![a-z])pg([0-9]{1,3})(?![0-9])", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex ByName();

    [GeneratedRegex("^([0-9]{1,3})(?![0-9])", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex AtStart();
}
