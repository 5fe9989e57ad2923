using System.Reflection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>
/// An app host's <c>Main</c> on a thread of its own. It is held when it asks to build, until the test has finished with the model; the built
/// application goes to the test, and <c>Main</c> is left by an exception, as the tools of EF Core and ASP.NET Core do it.
/// </summary>
internal sealed class EntryPointRun
{
    private readonly TaskCompletionSource<IDistributedApplicationBuilder> _builder = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<DistributedApplication> _application = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<bool> _mayBuild = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public EntryPointRun(Assembly assembly, string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configure)
    {
        var main = assembly.EntryPoint
            ?? throw new ArgumentException($"The assembly '{assembly.GetName().Name}' has no entry point, so it is no app host.", nameof(assembly));
        var interception = new BuilderInterception { Constructing = configure, Building = OnBuilding, Built = OnBuilt };
        var thread = new Thread(() => Run(main, args, interception)) { IsBackground = true, Name = $"{assembly.GetName().Name} (test)" };
        thread.Start();
    }

    /// <summary>The builder, when the model is complete.</summary>
    public Task<IDistributedApplicationBuilder> BuilderAsync(CancellationToken cancellationToken) => _builder.Task.WaitAsync(cancellationToken);

    /// <summary>Lets the entry point build.</summary>
    public Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken)
    {
        _mayBuild.TrySetResult(true);
        return _application.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Ends an entry point that still waits to build.</summary>
    public void Abort() => _mayBuild.TrySetResult(false);

    private void OnBuilding(IDistributedApplicationBuilder builder)
    {
        _builder.TrySetResult(builder);
        // This thread is ours; there is nobody else who could use it.
        if (!_mayBuild.Task.GetAwaiter().GetResult())
        {
            throw new HostAbortedException();
        }
    }

    private void OnBuilt(DistributedApplication application)
    {
        _application.TrySetResult(application);
        throw new HostAbortedException();
    }

    private void Run(MethodInfo main, string[] args, BuilderInterception interception)
    {
        BuilderInterception.Current = interception;
        try
        {
            main.Invoke(null, main.GetParameters().Length == 0 ? [] : [args]);
            Fail(new InvalidOperationException($"The entry point of '{main.Module.Assembly.GetName().Name}' ended without building an application."));
        }
        catch (TargetInvocationException e) when (e.InnerException is HostAbortedException)
        {
            Fail(e.InnerException);
        }
        catch (TargetInvocationException e)
        {
            Fail(e.InnerException ?? e);
        }
    }

    // Only what is still waited for can fail.
    private void Fail(Exception error)
    {
        _builder.TrySetException(error);
        _application.TrySetException(error);
        _ = _builder.Task.Exception;
        _ = _application.Task.Exception;
    }
}
