namespace Rag.Deploy.AppModel;

/// <summary>One entry of the manifest. Texts may hold expressions such as <c>{cache.bindings.tcp.host}</c>.</summary>
/// <param name="Name">As the app host names it.</param>
public abstract record AppResource(string Name);

/// <summary>Something that runs.</summary>
public abstract record WorkloadResource(string Name) : AppResource(Name)
{
    /// <summary>Arguments of the program.</summary>
    public IReadOnlyList<string> Args { get; init; } = [];

    /// <summary>Environment variables, in the order of the file.</summary>
    public OrderedDictionary<string, string> Env { get; init; } = [];

    /// <summary>Endpoints, by name, in the order of the file.</summary>
    public OrderedDictionary<string, Binding> Bindings { get; init; } = [];
}

/// <summary><c>project.v0</c> and <c>project.v1</c>: a .NET project; its image is built from it.</summary>
/// <param name="Name">As the app host names it.</param>
/// <param name="Path">Of the project file, relative to the manifest.</param>
public sealed record ProjectResource(string Name, string Path) : WorkloadResource(Name)
{
    /// <summary>Type of the deployment that its app host wrote for it, such as <c>azure.bicep.v1</c>; null: none.</summary>
    public string? Deployment { get; init; }
}

/// <summary><c>container.v0</c>, <c>container.v1</c> and <c>dockerfile.v0</c>: an image by name, or one that is built.</summary>
public sealed record ContainerResource(string Name) : WorkloadResource(Name)
{
    /// <summary>Reference of the image; null when it is built.</summary>
    public string? Image { get; init; }

    /// <summary>How it is built; null when <see cref="Image"/> names it.</summary>
    public ImageBuild? Build { get; init; }

    /// <summary>Instead of the image's own.</summary>
    public string? Entrypoint { get; init; }

    /// <summary>What others are given to reach it.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>Storage that outlives the container.</summary>
    public IReadOnlyList<VolumeMount> Volumes { get; init; } = [];

    /// <summary>Files and folders of the developer's machine.</summary>
    public IReadOnlyList<BindMount> BindMounts { get; init; } = [];
}

/// <summary><c>executable.v0</c>: a program of the developer's machine.</summary>
public sealed record ExecutableResource(string Name, string Command, string WorkingDirectory) : WorkloadResource(Name);

/// <summary><c>value.v0</c>: a connection string, such as that of one database on a server.</summary>
public sealed record ValueResource(string Name, string ConnectionString) : AppResource(Name);

/// <summary><c>annotated.string</c>: another value, passed through a filter.</summary>
/// <param name="Name">As the app host names it.</param>
/// <param name="Value">Usually one expression.</param>
/// <param name="Filter"><c>uri</c>: percent-encoded (RFC 3986).</param>
public sealed record FilteredResource(string Name, string Value, string Filter) : AppResource(Name);

/// <summary><c>parameter.v0</c>: a value that the deployment gives. With a connection string it stands for a resource outside.</summary>
public sealed record ParameterResource(string Name, string Value) : AppResource(Name)
{
    /// <summary>What may be entered, by name; usually one that is called <c>value</c>.</summary>
    public OrderedDictionary<string, ParameterInput> Inputs { get; init; } = [];

    /// <summary>Of the resource outside that it stands for.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>Whether any of its inputs is one.</summary>
    public bool IsSecret => Inputs.Values.Any(static input => input.Secret);
}

/// <summary>A type that this version does not know; such entries are legal.</summary>
public sealed record UnknownResource(string Name, string Type) : AppResource(Name);

/// <summary>An entry that its app host could not write: it holds an error instead.</summary>
public sealed record FaultyResource(string Name, string Error) : AppResource(Name);

/// <summary>An endpoint of a workload.</summary>
/// <param name="Scheme">Such as <c>http</c>, <c>https</c>, <c>tcp</c>, <c>redis</c>.</param>
/// <param name="Protocol"><c>tcp</c> or <c>udp</c>.</param>
/// <param name="Transport"><c>http</c>, <c>http2</c> or <c>tcp</c>.</param>
/// <param name="Port">Where others reach it; null: the same as the target port.</param>
/// <param name="TargetPort">Where the program listens; null: see <see cref="Addresses"/>.</param>
/// <param name="External">Whether it is meant to be reached from outside.</param>
public sealed record Binding(string Scheme, string Protocol, string Transport, int? Port, int? TargetPort, bool External);

/// <summary>An input of a parameter.</summary>
/// <param name="Secret">Whether its value is one.</param>
/// <param name="Default">What it is when nothing is entered.</param>
/// <param name="Generate">How to make one up when nothing is entered.</param>
public sealed record ParameterInput(bool Secret, string? Default, GeneratedText? Generate);

/// <summary>The shape of a text that is made up.</summary>
public sealed record GeneratedText(int MinLength)
{
    /// <summary>Lower case letters may occur.</summary>
    public bool Lower { get; init; } = true;

    /// <summary>Upper case letters may occur.</summary>
    public bool Upper { get; init; } = true;

    /// <summary>Digits may occur.</summary>
    public bool Numeric { get; init; } = true;

    /// <summary>Punctuation may occur.</summary>
    public bool Special { get; init; } = true;

    /// <summary>At least so many lower case letters.</summary>
    public int MinLower { get; init; }

    /// <summary>At least so many upper case letters.</summary>
    public int MinUpper { get; init; }

    /// <summary>At least so many digits.</summary>
    public int MinNumeric { get; init; }

    /// <summary>At least so many punctuation characters.</summary>
    public int MinSpecial { get; init; }
}

/// <summary>How an image is built from a Dockerfile.</summary>
/// <param name="Context">Folder, relative to the manifest.</param>
/// <param name="Dockerfile">File, relative to the manifest.</param>
/// <param name="Stage">Of the Dockerfile; null: the last.</param>
/// <param name="Args">Build arguments; null values come from the environment of the build.</param>
/// <param name="BuildOnly">Whether the image is only built, not run.</param>
public sealed record ImageBuild(string Context, string Dockerfile, string? Stage, OrderedDictionary<string, string?> Args, bool BuildOnly)
{
    /// <summary>Names of the secrets that the build asks for.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];
}

/// <summary>A volume of a container.</summary>
public sealed record VolumeMount(string? Name, string Target, bool ReadOnly);

/// <summary>A file or folder of the developer's machine in a container.</summary>
/// <param name="Source">Relative to the manifest.</param>
/// <param name="Target">In the container.</param>
/// <param name="ReadOnly">Whether the container may write it.</param>
public sealed record BindMount(string Source, string Target, bool ReadOnly);
