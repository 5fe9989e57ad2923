using System.Text;
using System.Text.Json;

namespace Qdrant.StandIn.Store;

/// <summary>
/// Every change as one line, written before it is acknowledged: killed at any moment, the server has what it acknowledged when it comes
/// back. A half line at the end is a change that nobody was told of.
/// </summary>
internal sealed class Journal : IDisposable
{
    private readonly FileStream _file;

    public Journal(string folder)
    {
        Directory.CreateDirectory(folder);
        _file = new FileStream(Path.Combine(folder, "journal.jsonl"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
    }

    public IEnumerable<(string Operation, string Collection, JsonElement Body)> Read()
    {
        _file.Position = 0;
        using var reader = new StreamReader(_file, Encoding.UTF8, leaveOpen: true);
        var end = 0L;
        while (reader.ReadLine() is { } line)
        {
            JsonElement entry;
            try
            {
                using var document = JsonDocument.Parse(line);
                entry = document.RootElement.Clone();
            }
            catch (JsonException)
            {
                break;
            }

            end += Encoding.UTF8.GetByteCount(line) + 1;
            yield return (entry.GetProperty("operation").GetString()!, entry.GetProperty("collection").GetString()!, entry.GetProperty("body"));
        }

        _file.SetLength(Math.Min(end, _file.Length));
        _file.Position = _file.Length;
    }

    public void Append(string operation, string collection, JsonElement body)
    {
        _file.Write(JsonSerializer.SerializeToUtf8Bytes(new { operation, collection, body }));
        _file.Write("\n"u8);
        _file.Flush();
    }

    public void Dispose() => _file.Dispose();
}
