using System.CommandLine;
using System.Globalization;
using Rag.Cli.Connection;
using Rag.Client;

namespace Rag.Cli.Load;

/// <summary><c>rag load</c>: how a deployment bears people who come at their own pace, and whether it keeps what was promised.</summary>
internal static class LoadCommand
{
    public static Command Create(CliContext context)
    {
        var address = ApiCommand.AddressArgument();
        var collection = new Option<string?>("--collection", "-c") { Description = "Collection that is there; default: one is made for the test and removed again." };
        var queries = new Option<string?>("--queries") { Description = "File with one query per line; default: words out of the collection's passages." };
        var rate = new Option<double>("--rate") { Description = "Requests per second on average, at random times.", DefaultValueFactory = _ => 20 };
        var clients = new Option<int>("--clients") { Description = "Requests in flight at most; more of them wait, and their time counts.", DefaultValueFactory = _ => 50 };
        var ask = new Option<double>("--ask") { Description = "How many of 100 requests ask; the others search.", DefaultValueFactory = _ => 20 };
        var seed = new Option<int>("--seed") { Description = "Of the random times and queries.", DefaultValueFactory = _ => 1 };
        var warmUp = DurationOption.Create("--warm-up", "Sent before, and not counted.", TimeSpan.FromSeconds(10));
        var duration = DurationOption.Create("--duration", "What is counted.", TimeSpan.FromMinutes(1));
        var limit = DurationOption.Create("--timeout", "When a request is given up, from when it was due.", TimeSpan.FromSeconds(30));
        var p95 = DurationOption.Create("--p95", "Fails when more than 5 of 100 take longer or are not answered.");
        var p99 = DurationOption.Create("--p99", "Fails when more than 1 of 100 takes longer or is not answered.");
        var errors = ErrorsOption();
        var json = new Option<bool>("--json") { Description = "Write the figures as JSON." };
        var command = new Command("load", "Send searches and questions at a rate, and report how long people would have waited.")
        {
            address, collection, queries, rate, clients, ask, seed, warmUp, duration, limit, p95, p99, errors, json,
        };
        Require(rate, static value => value is > 0 and <= 100_000, "--rate takes a number above 0.");
        Require(clients, static value => value is >= 1 and <= 10_000, "--clients takes 1 to 10000.");
        Require(ask, static value => value is >= 0 and <= 100, "--ask takes 0 to 100.");
        Require(duration, static value => value > TimeSpan.Zero, "--duration takes a time above 0.");
        command.SetApiAction(
            context,
            async (parsed, client, cancellationToken) =>
            {
                var plan = new LoadPlan
                {
                    Rate = parsed.GetValue(rate),
                    Clients = parsed.GetValue(clients),
                    WarmUp = parsed.GetValue(warmUp),
                    Duration = parsed.GetValue(duration),
                    AskShare = parsed.GetValue(ask) / 100,
                    Limit = parsed.GetValue(limit),
                    Seed = parsed.GetValue(seed),
                    MaxP95 = parsed.GetValue(p95),
                    MaxP99 = parsed.GetValue(p99),
                    MaxErrors = parsed.GetValue(errors),
                };
                var target = await LoadTarget.PrepareAsync(context, client, parsed.GetValue(collection), parsed.GetValue(queries), plan.Seed, cancellationToken);
                try
                {
                    var result = LoadResult.Of(await RunAsync(context, client, target, plan, cancellationToken), plan);
                    LoadReport.Print(context.Terminal, target.Collection, plan, result, parsed.GetValue(json));
                    return result.Passed ? ExitCode.Ok : ExitCode.Failed;
                }
                finally
                {
                    await target.RemoveAsync(context.Terminal, client);
                }
            },
            address);
        return command;
    }

    private static Task<IReadOnlyCollection<LoadSample>> RunAsync(CliContext context, RagClient client, LoadTarget target, LoadPlan plan, CancellationToken cancellationToken)
    {
        var run = new LoadRun(SendAsync, plan.Clients, plan.Limit, context.Time);
        return run.RunAsync(Arrival.Schedule(plan.Rate, plan.WarmUp + plan.Duration, plan.AskShare, plan.Seed), cancellationToken);

        Task SendAsync(Arrival arrival, CancellationToken token)
        {
            var query = target.Queries[arrival.Query % target.Queries.Count];
            return arrival.Kind == LoadKind.Ask
                ? client.AskAsync(target.Collection, new AskRequest(query), token)
                : client.SearchAsync(target.Collection, new SearchRequest(query), token);
        }
    }

    private static Option<double> ErrorsOption() => new("--errors")
    {
        Description = "Fails when more requests are not answered, such as 0.1%. Default: 1%.",
        DefaultValueFactory = static _ => LoadPlan.StandardErrors,
        CustomParser = static result =>
        {
            var text = result.Tokens[0].Value;
            if (text.EndsWith('%') && double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) && percent <= 100)
            {
                return percent / 100;
            }

            result.AddError($"--errors takes a share such as 0.1%; this is '{text}'.");
            return 0;
        },
    };

    private static void Require<T>(Option<T> option, Func<T, bool> holds, string otherwise) => option.Validators.Add(result =>
    {
        if (!holds(result.GetValueOrDefault<T>()!))
        {
            result.AddError(otherwise);
        }
    });
}
