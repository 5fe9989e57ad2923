using System.CommandLine;
using Rag.Cli.Connection;
using Rag.Client;

namespace Rag.Cli.Jobs;

/// <summary><c>rag jobs</c>: failed work, and the queue.</summary>
internal static class JobsCommand
{
    public static Command Create(CliContext context)
    {
        var command = new Command("jobs", "See failed work, retry or discard it, and pause or resume the queue.");
        command.Subcommands.Add(List(context));
        command.Subcommands.Add(Selected(
            context,
            "retry",
            "Queue the documents of failed jobs again.",
            (client, id, cancellationToken) => client.RetryJobAsync(id, cancellationToken),
            (client, collection, cancellationToken) => client.RetryFailedJobsAsync(collection, cancellationToken),
            count => count == 1 ? "1 document is in the queue again." : $"{count} documents are in the queue again."));
        command.Subcommands.Add(Selected(
            context,
            "discard",
            "Take failed jobs from the list; their documents stay failed and can still be processed again.",
            (client, id, cancellationToken) => client.DiscardJobAsync(id, cancellationToken),
            (client, collection, cancellationToken) => client.DiscardFailedJobsAsync(collection, cancellationToken),
            count => count == 1 ? "1 failed job was discarded." : $"{count} failed jobs were discarded."));
        command.Subcommands.Add(Switch(
            context, "pause", "Begin nothing any more; documents in work finish.", (client, collection, cancellationToken) => client.PauseQueueAsync(collection, cancellationToken)));
        command.Subcommands.Add(Switch(
            context, "resume", "Let work go on.", (client, collection, cancellationToken) => client.ResumeQueueAsync(collection, cancellationToken)));
        return command;
    }

    private static Command List(CliContext context)
    {
        var collection = CollectionOption();
        var json = new Option<bool>("--json") { Description = "Write queue and jobs as JSON." };
        var command = new Command("list", "List failed work with its reasons, and say how the queue stands.") { collection, json };
        command.SetApiAction(context, async (parsed, client, cancellationToken) =>
        {
            var name = parsed.GetValue(collection);
            var queue = await client.GetQueueAsync(cancellationToken);
            var jobs = new List<Job>();
            await foreach (var job in client.AllFailedJobsAsync(name, cancellationToken))
            {
                jobs.Add(job);
            }

            if (parsed.GetValue(json))
            {
                context.Terminal.Line(CliJson.Write(new { queue, failed = jobs }));
            }
            else
            {
                JobReport.Queue(context.Terminal, queue, name);
                JobReport.Failed(context.Terminal, jobs);
            }

            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>A verb for jobs by id, or for all of them.</summary>
    private static Command Selected(
        CliContext context,
        string name,
        string description,
        Func<RagClient, Guid, CancellationToken, Task> one,
        Func<RagClient, string?, CancellationToken, Task<int>> all,
        Func<int, string> done)
    {
        var ids = new Argument<Guid[]>("job") { Description = "Ids as 'rag jobs list' shows them.", Arity = ArgumentArity.ZeroOrMore };
        var everything = new Option<bool>("--all") { Description = "Every failed job that the key may see, or with --collection of that collection." };
        var collection = CollectionOption();
        var command = new Command(name, description) { ids, everything, collection };
        command.Validators.Add(result =>
        {
            var named = result.GetValue(ids) is { Length: > 0 };
            if (named == result.GetValue(everything))
            {
                result.AddError("Name the jobs by their ids, or give --all.");
            }
            else if (named && result.GetValue(collection) is not null)
            {
                result.AddError("--collection goes with --all; an id needs none.");
            }
        });
        command.SetApiAction(context, async (parsed, client, cancellationToken) =>
        {
            if (parsed.GetValue(everything))
            {
                context.Terminal.Line(done(await all(client, parsed.GetValue(collection), cancellationToken)));
                return ExitCode.Ok;
            }

            var count = 0;
            foreach (var id in parsed.GetValue(ids) ?? [])
            {
                try
                {
                    await one(client, id, cancellationToken);
                    count++;
                }
                catch (RagApiException refused) when (refused.Code is "job-not-found" or "document-busy" or "no-original" or "original-damaged")
                {
                    // The others are not to wait for this one.
                    context.Terminal.Problem($"{id}: {refused.Message}", remedy: null);
                }
            }

            context.Terminal.Line(done(count));
            return count == parsed.GetValue(ids)!.Length ? ExitCode.Ok : ExitCode.Failed;
        });
        return command;
    }

    private static Command Switch(
        CliContext context, string name, string description, Func<RagClient, string?, CancellationToken, Task<QueueState>> turn)
    {
        var collection = CollectionOption();
        var command = new Command(name, description) { collection };
        command.SetApiAction(context, async (parsed, client, cancellationToken) =>
        {
            var only = parsed.GetValue(collection);
            JobReport.Queue(context.Terminal, await turn(client, only, cancellationToken), only);
            return ExitCode.Ok;
        });
        return command;
    }

    private static Option<string?> CollectionOption() => new("--collection", "-c") { Description = "Only this collection; default: all of them." };
}
