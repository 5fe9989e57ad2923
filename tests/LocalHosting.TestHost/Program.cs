using Aspire.Hosting;

// A server with lasting data, a task that needs it, and a service that logs how it ends: $ORDER is the file it writes to.
var builder = DistributedApplication.CreateBuilder(args);
var order = builder.Configuration["ORDER"] ?? throw new InvalidOperationException("ORDER is not set.");
var database = builder.AddPostgres("postgres").WithDataVolume().AddDatabase("db");
var inner = builder.AddExecutable("inner", "/bin/sh", ".", "-c", Script("inner")).WaitFor(database);
var outer = builder.AddExecutable("outer", "/bin/sh", ".", "-c", Script("outer")).WaitFor(inner);
outer.OnResourceReady(async (_, _, cancellationToken) =>
    Console.WriteLine($"ready {await ((Aspire.Hosting.ApplicationModel.IResourceWithConnectionString)database.Resource).GetConnectionStringAsync(cancellationToken)}"));
builder.Build().Run();

// The sleep is a process of its own: what a killed host leaves behind is a tree.
string Script(string name) => $"trap 'echo {name} >> {order}; exit 0' TERM; echo $$; while :; do sleep 0.1; done";
