using System.Globalization;
using System.Text.RegularExpressions;
using Rag.Deploy.AppModel;
using Rag.Deploy.Kubernetes;
using Rag.Deploy.Planning.Workloads;
using Rag.Deploy.Values;

namespace Rag.Deploy.Planning.Stores;

/// <summary>
/// What the app model says of the container of a store that is planned here: which of it the store is run with, and what is left out, in words.
/// Only variables go along with every store; PostgreSQL takes arguments and files as well, because both say what it does and not how it starts.
/// </summary>
internal static partial class StoreModel
{
    /// <summary>Where PostgreSQL's image looks for what is run once, when the database is made.</summary>
    public const string InitFolder = "/docker-entrypoint-initdb.d";

    private const string MaxConnections = "max_connections";

    /// <summary>Variables of the app model, but for those that are said here and those that hold the store's own password, which it gets otherwise.</summary>
    public static IEnumerable<EnvVar> Variables(PlanContext context, StoreResource store, IEnumerable<EnvVar> said)
    {
        var names = said.Select(static variable => variable.Name).ToHashSet(StringComparer.Ordinal);
        var password = StorePlan.Password(context, store);
        var texts = store.Container.Env.Where(pair => !names.Contains(pair.Key) && !names.Contains(pair.Key + "_FILE")
                && context.Resolver.Resolve(store.Name, $"env.{pair.Key}", pair.Value).Secrets.All(secret => secret.Parameter != password))
            .Select(static pair => (pair.Key, pair.Value));
        var environment = WorkloadEnvironment.Of(context, store.Container, WorkloadSettings.For(context, store.Container), texts);
        return [.. environment.Config.Select(static pair => new EnvVar(pair.Key) { Value = Literal(pair.Value) }), .. environment.FromSecrets];
    }

    /// <summary>Arguments of PostgreSQL in the app model, but for the number of connections, which the pools have to fit in.</summary>
    public static IReadOnlyList<string> PostgresArguments(PlanContext context, StoreResource store) => [.. Settings(context, store).Select(Literal)];

    /// <summary>The number of connections that the app model's arguments allow; null: they say nothing of it.</summary>
    public static int? Connections(PlanContext context, StoreResource store) =>
        Arguments(context, store).Select(static argument => ConnectionsArgument().Match(argument)).LastOrDefault(static match => match.Success) is { } said
            ? int.Parse(said.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : null;

    /// <summary>Files that the app model mounts into PostgreSQL from the developer's machine; those that cannot travel are left out.</summary>
    public static BoundFiles PostgresFiles(PlanContext context, StoreResource store) =>
        BoundFiles.Of(context, store.Container, [.. store.Container.BindMounts.Where(mount => Refusal(context, store, mount) is not null).Select(static mount => mount.Target)]);

    /// <summary>What of it nothing is made of.</summary>
    public static IEnumerable<string> Notices(PlanContext context) => context.Stores.Where(static store => store.Values.Mode != StoreMode.External).SelectMany(store => LeftOut(context, store));

    private static IEnumerable<string> LeftOut(PlanContext context, StoreResource store)
    {
        var takesAll = store is { Kind: StoreKind.Postgres, Values.Mode: StoreMode.Bundled };
        var arguments = store.Container.Args;
        if (takesAll ? arguments.Count > 0 && !IsSettings(context, store) : arguments.Count > 0 && !StartsRedis().IsMatch(string.Join(' ', arguments)))
        {
            yield return $"'{store.Name}' is run without the arguments of the app model ({context.Resolver.Resolve(store.Name, "args", string.Join(' ', arguments))}): "
                + (takesAll ? "only settings ('-c name=value') without secrets go along." : "its start is the platform's.");
        }

        foreach (var mount in store.Container.BindMounts)
        {
            if ((takesAll ? Refusal(context, store, mount) : "only PostgreSQL takes files of the app model.") is { } reason)
            {
                yield return $"'{store.Name}' is run without what the app model mounts at {mount.Target}: {reason}";
            }
        }

        foreach (var volume in store.Container.Volumes.Skip(1))
        {
            yield return $"'{store.Name}' is run without the volume at {volume.Target}: it has one claim, with its data.";
        }

        if (store is { Kind: StoreKind.Redis, Values.Mode: StoreMode.Bundled })
        {
            foreach (var name in store.Container.Bindings.Keys.Where(name => Addresses.TargetPort(context.Manifest.File, store.Container, name) != RedisPlan.Port))
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"'{store.Name}' is run without its endpoint '{name}': its server listens on {RedisPlan.Port} and nowhere else, and what the app model sends to the other finds nobody.");
            }
        }

        if (store.Values.Mode == StoreMode.Operator && store.Container.Env.Keys.Where(static name => !name.StartsWith("POSTGRES_", StringComparison.Ordinal)).ToList() is { Count: > 0 } variables)
        {
            yield return $"'{store.Name}' is run without the variables {string.Join(", ", variables)}: the operator makes its pods.";
        }
    }

    private static IEnumerable<string> Settings(PlanContext context, StoreResource store)
    {
        if (!IsSettings(context, store))
        {
            yield break;
        }

        var arguments = Arguments(context, store);
        for (var i = 0; i < arguments.Count; i++)
        {
            var isPair = arguments[i] == "-c" && i + 1 < arguments.Count;
            if (ConnectionsArgument().IsMatch(isPair ? arguments[i + 1] : arguments[i]))
            {
                i += isPair ? 1 : 0;
                continue;
            }

            yield return arguments[i];
            if (isPair)
            {
                yield return arguments[++i];
            }
        }
    }

    // The program itself may stand first. Whatever else does not begin with a hyphen is another program.
    private static IReadOnlyList<string> Arguments(PlanContext context, StoreResource store)
    {
        var resolved = store.Container.Args.Select((text, i) => context.Resolver.Resolve(store.Name, $"args[{i}]", text)).ToList();
        return resolved.Exists(static text => text.IsSecret) ? [] : [.. resolved.Select(static text => text.Plain).SkipWhile(static (text, i) => i == 0 && text == "postgres")];
    }

    private static bool IsSettings(PlanContext context, StoreResource store) =>
        store.Container.Entrypoint is null && Arguments(context, store) is [var first, ..] && first.StartsWith('-');

    private static string? Refusal(PlanContext context, StoreResource store, BindMount mount)
    {
        if (mount.Target.TrimEnd('/') is "/var/lib/postgresql" || mount.Target.StartsWith("/var/lib/postgresql/", StringComparison.Ordinal))
        {
            return "its data are on the claim.";
        }

        try
        {
            BoundFiles.Of(context, store.Container with { BindMounts = [mount] }, omitted: []);
            return null;
        }
        catch (ManifestException fault)
        {
            return fault.Message;
        }
    }

    // The node would fill in $(NAME).
    private static string Literal(string text) => text.Replace("$(", "$$(", StringComparison.Ordinal);

    [GeneratedRegex($"^(?:-c|--)?{MaxConnections}=([0-9]{{1,6}})$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex ConnectionsArgument();

    // As Aspire writes it, with a password and nothing else.
    [GeneratedRegex(@"^(-c )?(redis|valkey)-server --requirepass \$[A-Z_]+$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex StartsRedis();
}
