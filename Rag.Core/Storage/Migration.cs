using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Rag.Core.Storage;

/// <summary>One numbered step of the schema.</summary>
/// <param name="Number">From 1, without gaps.</param>
/// <param name="Name">For people.</param>
/// <param name="Sql">Statements, run in one transaction.</param>
internal sealed record Migration(int Number, string Name, string Sql)
{
    private const string Prefix = "Rag.Core.Storage.Migrations.";

    /// <summary>SHA-256 of the text with <c>\n</c> line ends, so that a checkout on another system does not change it.</summary>
    public string Checksum { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql.ReplaceLineEndings("\n"))));

    /// <summary>Those of this build, ascending. Resource names look like <c>Rag.Core.Storage.Migrations.0001_initial.sql</c>.</summary>
    public static IReadOnlyList<Migration> All { get; } = Load(typeof(Migration).Assembly);

    private static List<Migration> Load(Assembly assembly)
    {
        var migrations = assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name =>
            {
                var parts = name[Prefix.Length..^".sql".Length].Split('_', 2);
                using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                return new Migration(int.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture), parts[1], reader.ReadToEnd());
            })
            .OrderBy(migration => migration.Number)
            .ToList();
        return migrations.Select(migration => migration.Number).SequenceEqual(Enumerable.Range(1, migrations.Count))
            ? migrations
            : throw new InvalidOperationException("The migrations are not numbered 1, 2, 3, ... without gaps.");
    }
}
