using System.Globalization;
using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Native;
using Aspire.Hosting.Orchestration.Containers;
using Aspire.Hosting.Orchestration.Infrastructure;
using Aspire.Hosting.Orchestration.Projects;
using Aspire.Hosting.Orchestration.Resources;
using Aspire.Hosting.Orchestration.Workloads;

namespace Aspire.Hosting.Orchestration;

/// <summary>Decides how each kind of resource is run.</summary>
internal sealed class ResourceRunFactory(
    DistributedApplicationModel model, RunContext context, ContainerRuntime? runtime, string applicationHash, Assembly? appHost)
{
    private readonly ProjectProgram _projects = new(appHost, (name, line) => context.Log(name, line));
    private readonly HashSet<IResource> _awaitedToComplete =
    [
        .. model.Resources.SelectMany(resource => resource.Annotations.OfType<WaitAnnotation>())
            .Where(wait => wait.WaitType == WaitType.WaitForCompletion)
            .Select(wait => wait.Resource),
    ];

    /// <summary>Whether there is a native program for it.</summary>
    public static bool IsServer(IResource resource) => resource is PostgresServerResource or RedisResource or QdrantServerResource;

    /// <summary>Servers of the model that this machine has no program for, in words.</summary>
    public static IReadOnlyList<string> MissingPrograms(DistributedApplicationModel model, string fetchedPostgres)
    {
        List<string> missing = [];
        if (model.Resources.OfType<PostgresServerResource>().Any() && PostgresBinaries.Find(fetchedPostgres) is null)
        {
            missing.Add("PostgreSQL is not installed (package 'postgresql')");
        }

        if (model.Resources.OfType<RedisResource>().Any() && RedisServer.Find() is null)
        {
            missing.Add("neither redis-server nor valkey-server is installed (package 'redis-server' or 'valkey')");
        }

        if (model.Resources.OfType<QdrantServerResource>().Any() && QdrantProgram.Find() is null)
        {
            missing.Add("qdrant is not installed (a program from github.com/qdrant/qdrant/releases on PATH)");
        }

        return missing;
    }

    /// <summary>Gives its endpoints their addresses. All of them are known before anything starts.</summary>
    public void Allocate(IResource resource)
    {
        switch (resource)
        {
            case ProjectResource or ExecutableResource:
                context.Endpoints.AllocateForProcess(resource);
                break;
            case ContainerResource:
                context.Endpoints.AllocateForServer(resource);
                break;
        }
    }

    /// <summary>Null for a resource that nothing happens to.</summary>
    public IResourceRun? Create(IResource resource) => resource switch
    {
        ProjectResource project => Processes(project, new ProjectWorkload(project, _projects, context)),
        ExecutableResource executable => Processes(executable, new ExecutableWorkload(executable, context)),
        PostgresServerResource postgres when IsNative => Processes(postgres, new PostgresWorkload(postgres, context)),
        RedisResource redis when IsNative => Processes(redis, new RedisWorkload(redis, context)),
        QdrantServerResource qdrant when IsNative => Processes(qdrant, new QdrantWorkload(qdrant, context)),
        ContainerResource container => Processes(container, new ContainerWorkload(container, runtime, ApplicationId, context)),
        IResourceWithParent child => new ChildResourceRun(child, context),
        IValueProvider => new ValueResourceRun(resource, context),
        _ => null,
    };

    private bool IsNative => context.Record.Kind == InfrastructureKind.Native;

    // Two checkouts, or a test beside them, do not share containers.
    private string ApplicationId => context.State.IsTemporary
        ? context.Records.RunId[^12..]
        : applicationHash[..Math.Min(8, applicationHash.Length)].ToLower(CultureInfo.InvariantCulture);

    private ProcessResourceRun Processes(IResource resource, IWorkload workload)
    {
        // What somebody waits for to complete is a task: its end is its result. Everything with an endpoint, and every project, is a service.
        var restarts = !_awaitedToComplete.Contains(resource)
            && (resource is ProjectResource || resource.Annotations.OfType<EndpointAnnotation>().Any());
        return new ProcessResourceRun(resource, workload, restarts, context);
    }
}
