namespace Aspire.Hosting.ApplicationModel;

/// <summary>A PostgreSQL server. The connection string names no database.</summary>
public class PostgresServerResource : ContainerResource, IResourceWithConnectionString
{
    internal const string PrimaryEndpointName = "tcp";
    internal const string DefaultUserName = "postgres";

    private readonly Dictionary<string, string> _databases = new(ResourceName.Comparer);

    public PostgresServerResource(string name, ParameterResource? userName, ParameterResource password)
        : base(name)
    {
        ArgumentNullException.ThrowIfNull(password);
        UserNameParameter = userName;
        PasswordParameter = password;
        PrimaryEndpoint = new EndpointReference(this, PrimaryEndpointName);
    }

    public EndpointReference PrimaryEndpoint { get; }

    public ParameterResource? UserNameParameter { get; set; }

    public ParameterResource PasswordParameter { get; set; }

    public ReferenceExpression UserNameReference => UserNameParameter is { } parameter
        ? ReferenceExpression.Create($"{parameter}")
        : ReferenceExpression.Create($"{DefaultUserName}");

    public EndpointReferenceExpression Host => PrimaryEndpoint.Property(EndpointProperty.Host);

    public EndpointReferenceExpression Port => PrimaryEndpoint.Property(EndpointProperty.Port);

    public ReferenceExpression ConnectionStringExpression =>
        ReferenceExpression.Create($"Host={Host};Port={Port};Username={UserNameReference};Password={PasswordParameter}");

    public ReferenceExpression UriExpression => Uri(databaseName: null);

    public ReferenceExpression JdbcConnectionString => Jdbc(databaseName: null);

    /// <summary>Name of the database by name of its resource.</summary>
    public IReadOnlyDictionary<string, string> Databases => _databases;

    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties() =>
    [
        new("Host", ReferenceExpression.Create($"{Host}")),
        new("Port", ReferenceExpression.Create($"{Port}")),
        new("Username", ReferenceExpression.Create($"{UserNameReference}")),
        new("Password", ReferenceExpression.Create($"{PasswordParameter}")),
        new("Uri", UriExpression),
        new("JdbcConnectionString", JdbcConnectionString),
    ];

    internal void AddDatabase(string resourceName, string databaseName) => _databases.TryAdd(resourceName, databaseName);

    internal ReferenceExpression Uri(string? databaseName)
    {
        var text = new ReferenceExpressionBuilder();
        text.AppendLiteral("postgresql://");
        if (UserNameParameter is { } userName)
        {
            text.Append($"{userName:uri}");
        }
        else
        {
            text.AppendLiteral(DefaultUserName);
        }

        text.Append($":{PasswordParameter:uri}@{Host}:{Port}");
        if (databaseName is not null)
        {
            text.Append($"/{databaseName:uri}");
        }

        return text.Build();
    }

    internal ReferenceExpression Jdbc(string? databaseName)
    {
        var text = new ReferenceExpressionBuilder();
        text.Append($"jdbc:postgresql://{Host}:{Port}");
        if (databaseName is not null)
        {
            text.Append($"/{databaseName:uri}");
        }

        return text.Build();
    }
}

/// <summary>A database on a PostgreSQL server.</summary>
public class PostgresDatabaseResource : Resource, IResourceWithParent<PostgresServerResource>, IResourceWithConnectionString
{
    public PostgresDatabaseResource(string name, string databaseName, PostgresServerResource postgresParentResource)
        : base(name)
    {
        ArgumentException.ThrowIfNullOrEmpty(databaseName);
        ArgumentNullException.ThrowIfNull(postgresParentResource);
        DatabaseName = databaseName;
        Parent = postgresParentResource;
    }

    public PostgresServerResource Parent { get; }

    public string DatabaseName { get; }

    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create(
        $"{Parent};{new System.Data.Common.DbConnectionStringBuilder { ["Database"] = DatabaseName }.ConnectionString}");

    public ReferenceExpression UriExpression => Parent.Uri(DatabaseName);

    public ReferenceExpression JdbcConnectionString => Parent.Jdbc(DatabaseName);

    // The parent's properties keep their places and the database's come after them, which is the order of the manifest's variables.
    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties() =>
        ((IResourceWithConnectionString)Parent).GetConnectionProperties()
            .Select(property => property.Key switch
            {
                "Uri" => new(property.Key, UriExpression),
                "JdbcConnectionString" => new(property.Key, JdbcConnectionString),
                _ => property,
            })
            .Append(new("DatabaseName", ReferenceExpression.Create($"{DatabaseName}")));
}
