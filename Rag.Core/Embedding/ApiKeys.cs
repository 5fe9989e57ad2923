namespace Rag.Core.Embedding;

/// <summary>Keys of model endpoints.</summary>
internal static class ApiKeys
{
    // The client refuses an empty key, while local servers want none: they ignore this one.
    private const string None = "none";

    /// <summary>The file's content when one is named, else the key itself.</summary>
    /// <exception cref="RagException"><c>model-away</c>: the file cannot be read.</exception>
    public static string Read(string? key, string? file)
    {
        if (string.IsNullOrWhiteSpace(file))
        {
            return string.IsNullOrWhiteSpace(key) ? None : key.Trim();
        }

        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RagException(ModelFailure.Away, $"The key file '{file}' cannot be read. Check ApiKeyFile.", inner: e);
        }
    }
}
