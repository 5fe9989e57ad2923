using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>
/// The endpoints and variables that a project resource has by itself. Running follows the launch profile, as <c>dotnet run</c> does; publishing
/// takes from it only that there are addresses, because its ports are meant for one machine.
/// </summary>
internal static class ProjectDefaults
{
    public static void Apply(IResourceBuilder<ProjectResource> builder, IProjectMetadata project, ProjectResourceOptions options)
    {
        var application = builder.ApplicationBuilder;
        var settings = KestrelEndpoint.SettingsOf(project);
        var kestrel = options.ExcludeKestrelEndpoints ? [] : KestrelEndpoint.Read(settings);
        var profile = EffectiveLaunchProfile.Select(project, builder.Resource.Name, options, application.Configuration);

        builder.WithEnvironment("OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY", "in_memory").WithAnnotation(new OtlpExporterAnnotation());
        if (application.ExecutionContext.IsRunMode)
        {
            if (application.Environment.IsDevelopment())
            {
                builder.WithEnvironment("OTEL_DOTNET_EXPERIMENTAL_ASPNETCORE_DISABLE_URL_QUERY_REDACTION", "true")
                    .WithEnvironment("OTEL_DOTNET_EXPERIMENTAL_HTTPCLIENT_DISABLE_URL_QUERY_REDACTION", "true");
            }

            AddKestrelEndpoints(builder, kestrel, (endpoint, port) => endpoint.Port = port);
            ForRun(builder, kestrel, profile, KestrelEndpoint.IsHttp2ByDefault(settings));
        }
        else
        {
            builder.WithEnvironment(context =>
            {
                if (builder.Resource.Annotations.OfType<EndpointAnnotation>().Any())
                {
                    context.EnvironmentVariables["ASPNETCORE_FORWARDEDHEADERS_ENABLED"] = "true";
                }
            });
            AddKestrelEndpoints(builder, kestrel, (endpoint, port) => endpoint.TargetPort = port);
            ForPublish(builder, kestrel, profile, KestrelEndpoint.IsHttp2ByDefault(settings));
        }
    }

    private static void ForRun(IResourceBuilder<ProjectResource> builder, IReadOnlyList<KestrelEndpoint> kestrel, EffectiveLaunchProfile? profile, bool http2)
    {
        if (kestrel.Count == 0)
        {
            builder.WithEnvironment(context => AspNetCoreUrls(builder.Resource, context.EnvironmentVariables));
            AddProfileEndpoints(builder, profile?.Profile.ApplicationUrl, http2);
        }

        if (profile is null)
        {
            return;
        }

        builder.WithEnvironment(context =>
        {
            context.EnvironmentVariables.TryAdd("DOTNET_LAUNCH_PROFILE", profile.Name);
            foreach (var (name, value) in profile.Profile.EnvironmentVariables)
            {
                context.EnvironmentVariables.TryAdd(name, Environment.ExpandEnvironmentVariables(value));
            }
        });
    }

    private static void ForPublish(IResourceBuilder<ProjectResource> builder, IReadOnlyList<KestrelEndpoint> kestrel, EffectiveLaunchProfile? profile, bool http2)
    {
        if (kestrel.Count == 0)
        {
            builder.WithEnvironment(context =>
            {
                Ports(builder.Resource, "http", "HTTP_PORTS", context.EnvironmentVariables);
                Ports(builder.Resource, "https", "HTTPS_PORTS", context.EnvironmentVariables);
            });
        }

        if (profile?.Profile.ApplicationUrl is null && kestrel.Count == 0)
        {
            return;
        }

        // A web project is published with both schemes. Nothing in a container listens on the https one that is added here: it is the
        // deployment's, in front of the container.
        var http = EndpointFor("http", http2, out _);
        var secure = EndpointFor("https", http2, out var added);
        if (added)
        {
            builder.WithAnnotation(new OuterEndpointAnnotation(secure));
        }

        http.TargetPort = secure.TargetPort = http.TargetPort ?? secure.TargetPort;

        EndpointAnnotation EndpointFor(string scheme, bool isHttp2, out bool isNew)
        {
            var existing = builder.Resource.Annotations.OfType<EndpointAnnotation>()
                .FirstOrDefault(endpoint => endpoint.UriScheme == scheme || ResourceName.Comparer.Equals(endpoint.Name, scheme));
            isNew = existing is null;
            if (existing is not null)
            {
                return existing;
            }

            builder.WithEndpoint(scheme, endpoint => Shape(endpoint, scheme, isHttp2));
            return builder.GetEndpoint(scheme).EndpointAnnotation;
        }
    }

    private static void AddKestrelEndpoints(
        IResourceBuilder<ProjectResource> builder, IReadOnlyList<KestrelEndpoint> kestrel, Action<EndpointAnnotation, int> setPort)
    {
        var isRun = builder.ApplicationBuilder.ExecutionContext.IsRunMode;
        foreach (var configured in kestrel)
        {
            builder.WithEndpoint(configured.Name, endpoint =>
            {
                setPort(endpoint, configured.Address.Port);
                Shape(endpoint, configured.Address.Scheme, configured.IsHttp2);
                endpoint.TargetHost = Host(configured.Address.Host);
            });
        }

        if (kestrel.Count == 0)
        {
            return;
        }

        // Addresses of Kestrel's own configuration beat all others, so every endpoint has to be set there. A container listens on all of
        // its addresses: localhost could not be reached from outside of it.
        builder.WithEnvironment(context =>
        {
            foreach (var endpoint in builder.Resource.GetEndpoints())
            {
                var annotation = endpoint.EndpointAnnotation;
                if (IsOuter(builder.Resource, annotation))
                {
                    continue;
                }

                var host = isRun && kestrel.Any(known => known.Name == annotation.Name) ? annotation.TargetHost : "*";
                context.EnvironmentVariables[$"Kestrel__Endpoints__{annotation.Name}__Url"] =
                    ReferenceExpression.Create($"{annotation.UriScheme}://{host}:{endpoint.Property(EndpointProperty.TargetPort)}");
            }
        });
    }

    private static void AddProfileEndpoints(IResourceBuilder<ProjectResource> builder, string? applicationUrl, bool http2)
    {
        Dictionary<string, int> perScheme = [];
        foreach (var url in applicationUrl?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [])
        {
            var address = Microsoft.AspNetCore.Http.BindingAddress.Parse(url);
            var count = perScheme[address.Scheme] = perScheme.GetValueOrDefault(address.Scheme) + 1;
            var name = count == 1 ? address.Scheme : $"{address.Scheme}{count}";
            builder.WithEndpoint(name, endpoint =>
            {
                endpoint.Port = address.Port;
                endpoint.TargetHost = Host(address.Host);
                endpoint.FromLaunchProfile = true;
                Shape(endpoint, address.Scheme, http2);
            });
        }
    }

    private static void AspNetCoreUrls(ProjectResource resource, Dictionary<string, object> variables)
    {
        if (variables.ContainsKey("ASPNETCORE_URLS"))
        {
            return;
        }

        var urls = new ReferenceExpressionBuilder();
        foreach (var endpoint in resource.GetEndpoints())
        {
            if (!urls.IsEmpty)
            {
                urls.AppendLiteral(";");
            }

            if (endpoint.IsHttps)
            {
                // Redirects must lead to the port that others see.
                variables.TryAdd("ASPNETCORE_HTTPS_PORT", endpoint.Property(EndpointProperty.Port));
            }

            urls.Append(
                $"{endpoint.Property(EndpointProperty.Scheme)}://{endpoint.EndpointAnnotation.TargetHost}:{endpoint.Property(EndpointProperty.TargetPort)}");
        }

        if (!urls.IsEmpty)
        {
            variables["ASPNETCORE_URLS"] = urls.Build();
        }
    }

    private static void Ports(ProjectResource resource, string scheme, string variable, Dictionary<string, object> variables)
    {
        var ports = new ReferenceExpressionBuilder();
        foreach (var endpoint in resource.GetEndpoints().Where(endpoint => endpoint.Scheme == scheme && !IsOuter(resource, endpoint.EndpointAnnotation)))
        {
            if (!ports.IsEmpty)
            {
                ports.AppendLiteral(";");
            }

            ports.Append($"{endpoint.Property(EndpointProperty.TargetPort)}");
        }

        if (!ports.IsEmpty)
        {
            variables.TryAdd(variable, ports.Build());
        }
    }

    private static void Shape(EndpointAnnotation endpoint, string scheme, bool http2)
    {
        endpoint.UriScheme = scheme;
        if (http2)
        {
            endpoint.Transport = "http2";
        }
    }

    private static bool IsOuter(ProjectResource resource, EndpointAnnotation endpoint) =>
        resource.Annotations.OfType<OuterEndpointAnnotation>().Any(outer => outer.Endpoint == endpoint);

    private static string Host(string host) =>
        host is "127.0.0.1" or "[::1]" || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase) ? "localhost" : host;

    /// <summary>An endpoint that the deployment provides: the process itself does not listen on it.</summary>
    private sealed class OuterEndpointAnnotation(EndpointAnnotation endpoint) : IResourceAnnotation
    {
        public EndpointAnnotation Endpoint => endpoint;
    }
}
