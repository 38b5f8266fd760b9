namespace IoTBackend.Stack;

/// <summary>Where the stack's programs are and where its state goes.</summary>
/// <param name="Root">The repository.</param>
/// <param name="State">Everything that outlives a run: <c>.local</c>, or a temporary folder in tests.</param>
/// <param name="Configuration">Debug or Release: which build to start.</param>
internal sealed record StackLayout(string Root, string State, string Configuration)
{
    public string Logs => Path.Combine(State, "logs");

    public string Azurite => Path.Combine(Root, "local", "node_modules", "azurite", "dist", "src", "azurite.js");

    /// <summary>Makes it keep what it has acknowledged when it is killed.</summary>
    public string AzuriteJournal => Path.Combine(Root, "local", "azurite-journal.cjs");

    /// <summary>Makes it find a row or a message by its key.</summary>
    public string AzuriteLookups => Path.Combine(Root, "local", "azurite-lookups.cjs");

    /// <summary>Settings for <c>func start</c> in the app's folder; git ignores it.</summary>
    public string LocalSettings => Path.Combine(Root, "functions", "IoTBackend.Functions", "local.settings.json");

    /// <summary>Debian's docker-registry; null where it is not installed.</summary>
    public static string? Registry { get; } = new[] { "/usr/bin/docker-registry", "/usr/local/bin/docker-registry" }.FirstOrDefault(File.Exists);

    /// <summary>The built program of a project.</summary>
    /// <exception cref="StackException">It was not built.</exception>
    public string Program(string project, string assembly)
    {
        var path = Path.Combine(Root, "artifacts", "bin", project, Configuration.ToLowerInvariant(), assembly + ".dll");
        return File.Exists(path) ? path : throw new StackException($"{path} is missing. Build it: dotnet build -c {Configuration}");
    }

    /// <summary>The layout of the repository this program was built in.</summary>
    /// <param name="state">Default <c>.local</c> in the repository.</param>
    public static StackLayout OfThisBuild(string? state = null)
    {
        var build = new DirectoryInfo(AppContext.BaseDirectory);
        var root = build;
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "IoTBackend.sln")))
            root = root.Parent;
        return root is null
            ? throw new StackException($"{build.FullName} is not inside the repository.")
            : new(root.FullName, state ?? Path.Combine(root.FullName, ".local"), build.Name);
    }
}
