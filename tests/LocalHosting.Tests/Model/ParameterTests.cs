using Aspire.Hosting.Secrets;

namespace LocalHosting.Tests.Model;

public sealed class ParameterTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("secrets-");

    private string SecretsPath => Path.Combine(_directory.FullName, "nested", "secrets.json");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void A_generated_value_is_made_once_and_kept()
    {
        var recipe = new GenerateParameterDefault { MinLength = 32, Special = false };

        var first = new PersistedParameterDefault("Parameters:key", recipe, new UserSecretsFile(SecretsPath)).GetDefaultValue();
        var afterRestart = new PersistedParameterDefault("Parameters:key", recipe, new UserSecretsFile(SecretsPath)).GetDefaultValue();
        var other = new PersistedParameterDefault("Parameters:other", recipe, new UserSecretsFile(SecretsPath)).GetDefaultValue();

        Assert.Equal(32, first.Length);
        Assert.Equal(first, afterRestart);
        Assert.NotEqual(first, other);
    }

    [Fact]
    public void What_else_is_in_the_file_stays_and_nobody_else_can_read_it()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(SecretsPath)!);
        File.WriteAllText(SecretsPath, """{ "Mine": "stays", /* by hand */ "Nested": { "Too": 1 }, }""");

        new UserSecretsFile(SecretsPath).GetOrAdd("Parameters:key", () => "a+b<c>");

        var text = File.ReadAllText(SecretsPath);
        Assert.Contains("\"Mine\": \"stays\"", text, StringComparison.Ordinal);
        Assert.Contains("\"Too\": 1", text, StringComparison.Ordinal);
        Assert.Contains("\"Parameters:key\": \"a+b<c>\"", text, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(SecretsPath));
        }

        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(SecretsPath)!));
    }

    [Fact]
    public void A_broken_file_is_named_and_not_overwritten()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(SecretsPath)!);
        File.WriteAllText(SecretsPath, "{ oops");

        var error = Assert.Throws<DistributedApplicationException>(() => new UserSecretsFile(SecretsPath).GetOrAdd("a", () => "b"));

        Assert.Contains(SecretsPath, error.Message, StringComparison.Ordinal);
        Assert.Equal("{ oops", File.ReadAllText(SecretsPath));
    }

    [Fact]
    public async Task Configuration_wins_over_a_default_and_one_value_serves_the_whole_run()
    {
        var builder = TestAppHost.Run("--Parameters:given=by hand", "--Parameters:with_hyphen=by environment");
        var given = builder.AddParameter("given", new GenerateParameterDefault());
        var hyphen = builder.AddParameter("with-hyphen");
        var made = builder.AddParameter("made", new GenerateParameterDefault(), persist: true);

        Assert.Equal("by hand", await given.Resource.GetValueAsync(default));
        Assert.Equal("by environment", await hyphen.Resource.GetValueAsync(default));
        Assert.Equal(await made.Resource.GetValueAsync(default), await made.Resource.GetValueAsync(default));
    }

    [Fact]
    public async Task A_parameter_without_a_value_says_how_to_give_it_one()
    {
        var parameter = TestAppHost.Run().AddParameter("region");

        var error = await Assert.ThrowsAsync<MissingParameterValueException>(async () => await parameter.Resource.GetValueAsync(default));

        Assert.Contains("'Parameters:region' is missing", error.Message, StringComparison.Ordinal);
        Assert.Contains("dotnet user-secrets set Parameters:region", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_secret_is_not_published() =>
        Assert.Throws<ArgumentException>(() => TestAppHost.Run().AddParameter("a", "b", publishValueAsDefault: true, secret: true));

    [Fact]
    public void Generated_text_follows_its_recipe()
    {
        for (var i = 0; i < 200; i++)
        {
            var text = GeneratedText.Create(new GenerateParameterDefault { MinLength = 12, Upper = false, Special = false, MinNumeric = 4, MinLower = 3 });

            Assert.Equal(12, text.Length);
            Assert.True(text.Count(char.IsAsciiDigit) >= 4);
            Assert.True(text.Count(char.IsAsciiLetterLower) >= 3);
            Assert.All(text, c => Assert.True(char.IsAsciiDigit(c) || char.IsAsciiLetterLower(c)));
        }

        Assert.Equal(9, GeneratedText.Create(new GenerateParameterDefault { MinLength = 1, MinUpper = 4, MinSpecial = 5 }).Length);
        Assert.Throws<ArgumentException>(() => GeneratedText.Create(new GenerateParameterDefault { Special = false, MinSpecial = 1 }));
        Assert.Throws<ArgumentException>(() => GeneratedText.Create(new GenerateParameterDefault { Lower = false, Upper = false, Numeric = false, Special = false }));
    }
}
