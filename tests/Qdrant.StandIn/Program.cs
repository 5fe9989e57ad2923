using System.Net;
using System.Security.Cryptography;
using System.Text;
using Qdrant.StandIn;
using Qdrant.StandIn.Contract;
using Qdrant.StandIn.Store;

// Started as the real program is, and told by the same variables: QDRANT__SERVICE__HOST, HTTP_PORT, API_KEY and ENABLE_TLS, QDRANT__TLS__CERT and KEY,
// QDRANT__STORAGE__STORAGE_PATH. One more names the description that it holds requests and answers against: QDRANT_OPENAPI. Without it nothing is checked.
var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
var settings = builder.Configuration.GetSection("QDRANT");
var service = settings.GetSection("SERVICE");
builder.WebHost.UseKestrelHttpsConfiguration();
builder.WebHost.ConfigureKestrel(options =>
{
    options.Limits.MaxRequestBodySize = 256 * 1024 * 1024;
    options.Listen(IPAddress.Parse(service["HOST"] ?? "127.0.0.1"), service.GetValue("HTTP_PORT", 6333), listen =>
    {
        if (service.GetValue("ENABLE_TLS", false))
        {
            listen.UseHttps(ServerCertificate.Read(settings["TLS:CERT"], settings["TLS:KEY"]));
        }
    });
});

var path = builder.Configuration["QDRANT_OPENAPI"] is { Length: > 0 } named ? named : null;
if (path is not null && !File.Exists(path))
{
    Console.Error.WriteLine($"QDRANT_OPENAPI names '{path}', which is not there. It must be Qdrant's description (qdrant-openapi.json), or unset: then nothing is held against it.");
    return 2;
}

if (path is null)
{
    Console.Error.WriteLine("QDRANT_OPENAPI names no description of Qdrant: requests and answers are not held against it.");
}

using var server = new Server(settings["STORAGE:STORAGE_PATH"] ?? "./storage");
var key = service["API_KEY"];
await using var app = builder.Build();
var gate = new ContractGate(path is null ? null : Description.Read(path), app.Services.GetRequiredService<ILogger<ContractGate>>());

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
