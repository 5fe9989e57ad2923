using System.Security.Cryptography;
using System.Text;
using Qdrant.StandIn;
using Qdrant.StandIn.Contract;
using Qdrant.StandIn.Store;

// Settings by environment: QDRANT_OPENAPI (path of the description, required), QDRANT_DATA (folder; none: nothing is kept),
// QDRANT__SERVICE__API_KEY (as the real server's), ASPNETCORE_URLS.
var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.WebHost.ConfigureKestrel(static options => options.Limits.MaxRequestBodySize = 256 * 1024 * 1024);

var settings = builder.Configuration;
if (settings["QDRANT_OPENAPI"] is not { } path || !File.Exists(path))
{
    Console.Error.WriteLine("QDRANT_OPENAPI must name Qdrant's description (qdrant-openapi.json).");
    return 2;
}

using var server = new Server(settings["QDRANT_DATA"]);
var key = settings["QDRANT__SERVICE__API_KEY"];
await using var app = builder.Build();
var gate = new ContractGate(Description.Read(path), app.Services.GetRequiredService<ILogger<ContractGate>>());

app.Use(async (context, next) =>
{
    var isOpen = context.Request.Path.Value is "/" or "/healthz" or "/readyz" or "/livez";
    if (key is null || isOpen || IsKey(context.Request.Headers["api-key"].ToString()) || IsKey(context.Request.Headers.Authorization.ToString().Replace("Bearer ", string.Empty, StringComparison.Ordinal)))
    {
        await next(context);
        return;
    }

    context.Response.StatusCode = StatusCodes.Status401Unauthorized;
    await context.Response.WriteAsync("Must provide an API key or an Authorization bearer token");
});
app.Use(gate.InvokeAsync);
app.UseRouting();
Endpoints.Map(app, server, gate);
await app.RunAsync();
return 0;

bool IsKey(string given) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(key));
