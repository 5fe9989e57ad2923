using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Rag.Deploy.Values;

/// <summary>The job that makes what the database needs before the services start.</summary>
public sealed record MigrationValues
{
    [Description("Workload of the app model whose image migrates. The job gets those of its variables that lead to a PostgreSQL of the app model.")]
    public required string Service { get; init; }

    [Description("Arguments that make the service's program migrate and end.")]
    public IReadOnlyList<string> Args { get; init; } = ["--migrate"];

    [Description("Variable that tells every service with the same database to wait for the job instead of migrating; empty: they are not told.")]
    [VariableName(mayBeEmpty: true)]
    public string CheckVariable { get; init; } = "";

    [Description("What that variable says.")]
    public string CheckValue { get; init; } = "check";

    [Description("Who makes the database and the services' own user, where the services' user may not; null: the services' user does it all. A bundled PostgreSQL has an administrator of its own.")]
    public AdministratorValues? Administrator { get; init; }

    [Description("Seconds that the job may take, all tries together.")]
    [Range(60, 86400)]
    public int DeadlineSeconds { get; init; } = 3600;

    [Description("Tries after the first one.")]
    [Range(0, 100)]
    public int Retries { get; init; } = 6;

    [Description("Seconds that a finished job stays to be looked at.")]
    [Range(0, 2592000)]
    public int KeepSeconds { get; init; } = 86400;

    [Description("What its pod gets.")]
    public ResourceValues? Resources { get; init; }
}

/// <summary>An administrator of a database.</summary>
public sealed record AdministratorValues
{
    [Description("operator, external: name in the database.")]
    [DatabaseUser]
    public string? Username { get; init; }

    [Description("operator, external: Secret that holds the password; it has to exist.")]
    [DnsName]
    public string? Secret { get; init; }

    [Description("Its key with the password.")]
    public string Key { get; init; } = "password";

    [Description("Variable that tells the program the name.")]
    [VariableName]
    public string UsernameVariable { get; init; } = "Rag__Migration__AdminUsername";

    [Description("Variable that tells the program the file with the password.")]
    [VariableName]
    public string PasswordFileVariable { get; init; } = "Rag__Migration__AdminPasswordFile";
}

/// <summary>A job that uses the API as its users do: 'rag smoke'.</summary>
public sealed record SmokeTestValues
{
    [Description("Workload of the app model that is the API.")]
    public required string Service { get; init; }

    [Description("Secret parameter of the app model that holds a key of the API.")]
    public required string Key { get; init; }

    [Description("How long each of its steps may take; the first one waits for the API.")]
    [RegularExpression("[1-9][0-9]{0,4}(s|m)", ErrorMessage = "a time such as 30s or 10m")]
    public string Wait { get; init; } = "10m";

    [Description("Seconds that the job may take.")]
    [Range(60, 86400)]
    public int DeadlineSeconds { get; init; } = 3600;

    [Description("Seconds that a finished job stays to be looked at.")]
    [Range(0, 2592000)]
    public int KeepSeconds { get; init; } = 86400;
}

/// <summary>What measures the API under load, 'rag load', as a job that somebody starts when it is wanted.</summary>
public sealed record LoadTestValues
{
    [Description("Workload of the app model that is the API.")]
    public required string Service { get; init; }

    [Description("Secret parameter of the app model that holds a key of the API.")]
    public required string Key { get; init; }

    [Description("Collection that is asked; default: one is made for the test and removed again.")]
    [RegularExpression("[a-z0-9][a-z0-9-]{0,62}", ErrorMessage = "lower case letters, digits and '-', at most 63")]
    public string? Collection { get; init; }

    [Description("Requests per second, at random times. More per minute than Rag:Limits:RequestsPerMinute are refused.")]
    [Range(1, 100000)]
    public int Rate { get; init; } = 20;

    [Description("Requests in flight at most.")]
    [Range(1, 10000)]
    public int Clients { get; init; } = 50;

    [Description("How many of 100 requests ask; the others search.")]
    [Range(0, 100)]
    public int Ask { get; init; } = 20;

    [Description("Sent before, and not counted.")]
    [RegularExpression("[0-9]{1,5}(s|m)", ErrorMessage = "a time such as 30s or 10m")]
    public string WarmUp { get; init; } = "10s";

    [Description("What is counted.")]
    [RegularExpression("[1-9][0-9]{0,4}(s|m)", ErrorMessage = "a time such as 30s or 10m")]
    public string Duration { get; init; } = "1m";

    [Description("A run fails when more than 5 of 100 take longer or are not answered.")]
    [RegularExpression("[1-9][0-9]{0,5}(ms|s)", ErrorMessage = "a time such as 500ms or 2s")]
    public string? P95 { get; init; }

    [Description("A run fails when more than 1 of 100 takes longer or is not answered.")]
    [RegularExpression("[1-9][0-9]{0,5}(ms|s)", ErrorMessage = "a time such as 500ms or 2s")]
    public string? P99 { get; init; }

    [Description("A run fails when more are not answered, such as 0.1%.")]
    [RegularExpression(@"[0-9]{1,2}(\.[0-9]{1,3})?%", ErrorMessage = "a share such as 0.1%")]
    public string Errors { get; init; } = "1%";

    [Description("Seconds that a run may take; the test itself, and before it the documents.")]
    [Range(60, 86400)]
    public int DeadlineSeconds { get; init; } = 3600;

    [Description("Seconds that a finished run stays to be looked at.")]
    [Range(0, 2592000)]
    public int KeepSeconds { get; init; } = 86400;
}
