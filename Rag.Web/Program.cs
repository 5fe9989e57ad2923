using Rag.Web.Hosting;
using RagPlatform.ServiceDefaults;
using RagPlatform.ServiceDefaults.Configuration;

try
{
    var builder = WebApplication.CreateBuilder(args);
    builder.AddServiceDefaults("rag-web");
    builder.AddRagWeb();

    var app = builder.Build();
    app.UseRagWeb();
    app.MapDefaultEndpoints();
    app.MapRagWeb();
    return await app.RunServiceAsync();
}
catch (ConfigurationInvalidException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return ServiceDefaultsExtensions.ConfigurationExitCode;
}
