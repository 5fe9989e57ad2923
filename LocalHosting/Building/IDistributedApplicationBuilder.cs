using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>Builds an app model and the application that runs or publishes it.</summary>
public interface IDistributedApplicationBuilder
{
    ConfigurationManager Configuration { get; }

    string AppHostDirectory { get; }

    Assembly? AppHostAssembly { get; }

    IHostEnvironment Environment { get; }

    IServiceCollection Services { get; }

    IDistributedApplicationEventing Eventing { get; }

    DistributedApplicationExecutionContext ExecutionContext { get; }

    IResourceCollection Resources { get; }

    /// <summary>Adds a resource to the model.</summary>
    /// <exception cref="ArgumentException">Its name is invalid.</exception>
    /// <exception cref="DistributedApplicationException">Its name is taken.</exception>
    IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource;

    /// <summary>A builder for a resource, in the model or not.</summary>
    IResourceBuilder<T> CreateResourceBuilder<T>(T resource)
        where T : IResource;

    DistributedApplication Build();
}
