using System.Text.Json;

namespace Qdrant.StandIn.Store;

/// <summary>All collections and aliases. Changes go one after the other through the journal; readers see whole changes.</summary>
internal sealed class Server : IDisposable
{
    private readonly ReaderWriterLockSlim _lock = new();
    private readonly Dictionary<string, StoredCollection> _collections = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _aliases = new(StringComparer.Ordinal);
    private readonly Journal _journal;
    private long _operations;

    public Server(string folder)
    {
        _journal = new Journal(folder);
        foreach (var (operation, collection, body) in _journal.Read())
        {
            Apply(operation, collection, body);
        }
    }

    public T Read<T>(Func<T> read)
    {
        _lock.EnterReadLock();
        try
        {
            return read();
        }
        finally
        {
            _lock.ExitReadLock();
        }
    }

    /// <summary>Only within <see cref="Read"/>.</summary>
    public StoredCollection Collection(string name) =>
        _collections.TryGetValue(_aliases.GetValueOrDefault(name, name), out var found) ? found : throw StandInException.NoCollection(name);

    public bool Exists(string name) => _collections.ContainsKey(_aliases.GetValueOrDefault(name, name));

    public IReadOnlyList<string> Names => [.. _collections.Keys.Order(StringComparer.Ordinal)];

    public IReadOnlyList<(string Alias, string Collection)> Aliases => [.. _aliases.Select(static a => (a.Key, a.Value))];

    /// <summary>Applies a change and keeps it; returns its number.</summary>
    /// <exception cref="StandInException">It is not possible; nothing changed.</exception>
    public long Change(string operation, string collection, JsonElement body)
    {
        _lock.EnterWriteLock();
        try
        {
            var number = Apply(operation, collection, body);
            _journal.Append(operation, collection, body);
            return number;
        }
        finally
        {
            _lock.ExitWriteLock();
        }
    }

    public void Dispose()
    {
        _journal.Dispose();
        _lock.Dispose();
    }

    private long Apply(string operation, string collection, JsonElement body)
    {
        var number = _operations + 1;
        switch (operation)
        {
            case "create":
                if (Exists(collection))
                {
                    throw new StandInException(StatusCodes.Status409Conflict, $"Wrong input: Collection `{collection}` already exists!");
                }

                _collections[collection] = new StoredCollection(body);
                break;
            case "drop":
                _collections.Remove(collection);
                foreach (var alias in _aliases.Where(a => a.Value == collection).Select(static a => a.Key).ToList())
                {
                    _aliases.Remove(alias);
                }

                break;
            case "index":
                Collection(collection).PayloadIndexes[body.GetProperty("field_name").GetString()!] = body;
                break;
            case "upsert":
                Collection(collection).Upsert(body, number);
                break;
            case "delete":
                Collection(collection).Delete(body);
                break;
            case "payload":
                Collection(collection).SetPayload(body, number);
                break;
            case "aliases":
                ChangeAliases(body);
                break;
            default:
                throw StandInException.NotHere(operation);
        }

        return _operations = number;
    }

    private void ChangeAliases(JsonElement body)
    {
        var changed = new Dictionary<string, string>(_aliases, StringComparer.Ordinal);
        foreach (var action in body.GetProperty("actions").EnumerateArray())
        {
            if (action.TryGetProperty("create_alias", out var create))
            {
                var target = create.GetProperty("collection_name").GetString()!;
                changed[create.GetProperty("alias_name").GetString()!] = _collections.ContainsKey(target) ? target : throw StandInException.NoCollection(target);
            }
            else if (action.TryGetProperty("delete_alias", out var delete))
            {
                changed.Remove(delete.GetProperty("alias_name").GetString()!);
            }
            else
            {
                throw StandInException.NotHere("renaming an alias");
            }
        }

        _aliases.Clear();
        foreach (var (alias, target) in changed)
        {
            _aliases[alias] = target;
        }
    }
}
