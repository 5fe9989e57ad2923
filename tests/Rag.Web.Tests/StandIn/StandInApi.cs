using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Rag.Web.Tests.StandIn;

/// <summary>
/// The API as docs/api.md describes it, in memory, with handles that tests can pull: hold a document in processing, let one fail, put any
/// text into an answer, go away. What the real one does with a whole system behind it is tested with the real one.
/// </summary>
internal sealed class StandInApi : IAsyncDisposable
{
    public const string AdminKey = "rag_admin_0123456789abcdef";
    public const string ReaderKey = "rag_reader_0123456789abcdef";
    public const string WriterKey = "rag_writer_0123456789abcdef";
    public const string AdminOnlyKey = "rag_admin_only_0123456789abcdef";
    public const string OneTimeLink = "one-time-0123456789abcdef";

    private readonly WebApplication _app;

    private StandInApi(WebApplication app, StandInState state)
    {
        _app = app;
        State = state;
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    public StandInState State { get; }

    public Uri Address { get; }

    public static async Task<StandInApi> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Limits.MaxRequestBodySize = null;
        });
        var state = new StandInState();
        builder.Services.AddSingleton(state);
        builder.Services.AddRouting();
        builder.Services.ConfigureHttpJsonOptions(static json =>
            json.SerializerOptions.Converters.Add(new System.Text.Json.Serialization.JsonStringEnumConverter(System.Text.Json.JsonNamingPolicy.CamelCase)));
        var app = builder.Build();
        app.UseRouting();
        app.Use(static (context, next) => StandInAccess.CheckAsync(context, next));
        StandInCollections.Map(app);
        StandInDocuments.Map(app);
        StandInJobs.Map(app);
        StandInQuestions.Map(app);
        StandInAccess.Map(app);
        await app.StartAsync();
        return new StandInApi(app, state);
    }

    public async ValueTask DisposeAsync()
    {
        State.Stop();
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }
}
