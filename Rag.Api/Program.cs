using RagPlatform.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("rag-api");

var app = builder.Build();
app.UseProblemDetails();
app.MapDefaultEndpoints();
return await app.RunServiceAsync();
