using System.Data;
using Npgsql;
using NpgsqlTypes;

namespace Rag.Core.Storage;

/// <summary>The few things that every statement here needs: positional parameters, null, and rows.</summary>
public static class SqlExtensions
{
    /// <summary>A command with the values as <c>$1</c>, <c>$2</c>, ...; null becomes SQL null of the type that the statement asks for.</summary>
    public static NpgsqlCommand Sql(this NpgsqlConnection connection, string sql, params ReadOnlySpan<object?> values)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var command = new NpgsqlCommand(sql, connection);
        Add(command.Parameters, values);
        return command;
    }

    /// <summary>Time for statements that remove chunks, of which one document may have tens of thousands.</summary>
    internal static readonly TimeSpan RemovalTimeout = TimeSpan.FromMinutes(10);

    /// <summary>Adds a statement to a batch, which goes to the server in one round trip.</summary>
    public static NpgsqlBatch Then(this NpgsqlBatch batch, string sql, params ReadOnlySpan<object?> values)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var command = new NpgsqlBatchCommand(sql);
        Add(command.Parameters, values);
        batch.BatchCommands.Add(command);
        return batch;
    }

    /// <summary>Executes and says how many rows it touched.</summary>
    public static async Task<int> RunAsync(this NpgsqlCommand command, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(command);
        await using (command)
        {
            return await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>The first column of the first row; default when there is none or it is null.</summary>
    public static async Task<T?> ScalarAsync<T>(this NpgsqlCommand command, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(command);
        await using (command)
        {
            return await command.ExecuteScalarAsync(cancellationToken) is T value ? value : default;
        }
    }

    /// <summary>The first row; default when there is none.</summary>
    public static async Task<T?> FirstAsync<T>(this NpgsqlCommand command, Func<NpgsqlDataReader, T> map, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(map);
        await using (command)
        {
            await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SingleRow, cancellationToken);
            return await reader.ReadAsync(cancellationToken) ? map(reader) : default;
        }
    }

    /// <summary>Every row.</summary>
    public static async Task<List<T>> ListAsync<T>(this NpgsqlCommand command, Func<NpgsqlDataReader, T> map, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(map);
        await using (command)
        {
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            var rows = new List<T>();
            while (await reader.ReadAsync(cancellationToken))
            {
                rows.Add(map(reader));
            }

            return rows;
        }
    }

    /// <summary>A column that may be null.</summary>
    public static T? Nullable<T>(this NpgsqlDataReader reader, int ordinal)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(reader);
        return reader.IsDBNull(ordinal) ? null : reader.GetFieldValue<T>(ordinal);
    }

    /// <summary>A column that may be null.</summary>
    public static T? NullableValue<T>(this NpgsqlDataReader reader, int ordinal)
        where T : struct
    {
        ArgumentNullException.ThrowIfNull(reader);
        return reader.IsDBNull(ordinal) ? null : reader.GetFieldValue<T>(ordinal);
    }

    private static void Add(NpgsqlParameterCollection parameters, ReadOnlySpan<object?> values)
    {
        foreach (var value in values)
        {
            parameters.Add(value switch
            {
                null => new NpgsqlParameter { Value = DBNull.Value },
                NpgsqlParameter parameter => parameter,
                Json json => new NpgsqlParameter { Value = json.Text, NpgsqlDbType = NpgsqlDbType.Jsonb },
                _ => new NpgsqlParameter { Value = value },
            });
        }
    }
}

/// <summary>Marks a parameter as <c>jsonb</c>.</summary>
/// <param name="Text">JSON.</param>
public readonly record struct Json(string Text);
