using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Manifest;
using Aspire.Hosting.Orchestration;
using Aspire.Hosting.Secrets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting;

internal sealed class DistributedApplicationBuilder : IDistributedApplicationBuilder
{
    private readonly HostApplicationBuilder _host;
    private readonly DistributedApplicationOptions _options;

    public DistributedApplicationBuilder(DistributedApplicationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        var settings = new HostApplicationBuilderSettings { Args = options.Args, Configuration = new ConfigurationManager() };
        settings.Configuration.AddEnvironmentVariables("ASPIRE_");
        BuilderInterception.Current?.Constructing?.Invoke(options, settings);

        AppHostAssembly = options.Assembly;
        _host = new HostApplicationBuilder(settings);
        AppHostDirectory = options.ProjectDirectory ?? _host.Environment.ContentRootPath;

        var arguments = AppHostArguments.Read(options.Args ?? [], _host.Configuration);
        ExecutionContext = new DistributedApplicationExecutionContext(arguments.Operation);
        UserSecrets = UserSecretsFile.For(AppHostAssembly, _host.Configuration, ExecutionContext);
        AddIdentity();
        AddServices(arguments);
        BuilderInterception.Current?.Constructed?.Invoke(this);
    }

    public ConfigurationManager Configuration => _host.Configuration;

    public string AppHostDirectory { get; }

    public Assembly? AppHostAssembly { get; }

    public IHostEnvironment Environment => _host.Environment;

    public IServiceCollection Services => _host.Services;

    public IDistributedApplicationEventing Eventing { get; } = new DistributedApplicationEventing();

    public DistributedApplicationExecutionContext ExecutionContext { get; }

    public IResourceCollection Resources { get; } = new ResourceCollection();

    internal IUserSecrets UserSecrets { get; }

    public IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource
    {
        ArgumentNullException.ThrowIfNull(resource);
        ResourceName.Validate("Resource", resource.Name);
        Resources.Add(resource);
        return CreateResourceBuilder(resource);
    }

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource)
        where T : IResource
    {
        ArgumentNullException.ThrowIfNull(resource);
        return new ResourceBuilder<T>(this, resource);
    }

    public DistributedApplication Build()
    {
        BuilderInterception.Current?.Building?.Invoke(this);
        foreach (var resource in Resources)
        {
            ResourceName.Validate("Resource", resource.Name);
        }

        WaitCycle.Refuse(Resources);
        var application = new DistributedApplication(_host.Build());
        ExecutionContext.ServiceProvider = application.Services;
        BuilderInterception.Current?.Built?.Invoke(application);
        return application;
    }

    // Published names must not depend on where the checkout lies; on one machine two checkouts must not share a volume.
    private void AddIdentity()
    {
        var projectName = _options.ProjectName ?? _host.Environment.ApplicationName;
        var path = Path.GetFullPath(Path.Join(AppHostDirectory, projectName));
        var identity = ExecutionContext.IsPublishMode ? projectName : path.ToLowerInvariant();
        Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["AppHost:Directory"] = AppHostDirectory,
            ["AppHost:Path"] = path,
            ["AppHost:Sha256"] = Configuration["AppHostSha"] is { Length: > 0 } given ? given : Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(identity))),
        });
    }

    private void AddServices(AppHostArguments arguments)
    {
        _host.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        // A failed start is thrown as well; only a background service that fails later says so in the log alone, as critical.
        _host.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        _host.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        _host.Logging.AddFilter("System.Net.Http.HttpClient", LogLevel.Warning);
        // A resource that is still starting fails its checks; its state says so already.
        _host.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        _host.Logging.AddConfiguration(Configuration.GetSection("Logging"));

        Services.AddSingleton(_options);
        Services.AddSingleton(arguments);
        Services.AddSingleton(ExecutionContext);
        Services.AddSingleton(Eventing);
        Services.AddSingleton(UserSecrets);
        Services.AddSingleton(_ => new DistributedApplicationModel(Resources));
        Services.AddSingleton(_ => new ResourceLoggerService());
        Services.AddSingleton(_ => new ResourceNotificationService(
            _options.DisableDashboard ? WaitBehavior.StopOnResourceUnavailable : WaitBehavior.WaitOnResourceUnavailable));
        Services.AddSingleton(services => new ResourceCommandService(
            (resource, command, cancellationToken) => services.GetRequiredService<IOrchestrator>().ExecuteCommandAsync(resource, command, cancellationToken)));
        Services.AddHealthChecks();
        Services.AddHttpClient();
        Services.TryAddSingleton(TimeProvider.System);
        if (ExecutionContext.IsPublishMode)
        {
            Services.AddHostedService<ManifestPublisher>();
        }
        else
        {
            Services.AddHostedService<OrchestratorHost>();
            Services.TryAddSingleton<IOrchestrator, LocalOrchestrator>();
            // Projects get 35 s to finish, those that others wait for after them, then the servers they use get 20 s to close their files.
            Services.Configure<HostOptions>(static host => host.ShutdownTimeout = TimeSpan.FromSeconds(120));
        }
    }
}
