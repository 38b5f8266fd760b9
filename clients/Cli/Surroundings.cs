using System.Collections;

namespace IoTBackend.Cli;

/// <summary>What a run of the program finds around it.</summary>
internal sealed record Surroundings
{
    /// <summary>Wide enough for every table: nothing is cut or left out where no person reads.</summary>
    public const int Unlimited = 10_000;

    public required TextReader In { get; init; }

    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    /// <summary>Standard output is a terminal.</summary>
    public bool IsTerminal { get; init; }

    /// <summary>Standard input is a terminal: somebody may be asked.</summary>
    public bool CanAsk { get; init; }

    /// <summary>Columns of the output.</summary>
    public int Width { get; init; } = Unlimited;

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Where a local stack keeps its state.</summary>
    public required string LocalState { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>The account's name, for what is signed with a name.</summary>
    public string Account { get; init; } = "";

    /// <summary>A setting of the environment; null = not set, or empty.</summary>
    public string? Setting(string name) => Environment.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;

    public static Surroundings OfThisProcess() => new()
    {
        In = Console.In,
        Out = Console.Out,
        Error = Console.Error,
        IsTerminal = !Console.IsOutputRedirected,
        CanAsk = !Console.IsInputRedirected && !Console.IsErrorRedirected,
        Width = Console.IsOutputRedirected || Console.WindowWidth <= 0 ? Unlimited : Console.WindowWidth,
        Environment = System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? ""),
        LocalState = Path.Combine(Repository() ?? Directory.GetCurrentDirectory(), ".local"),
        Time = TimeProvider.System,
        Account = System.Environment.UserName,
    };

    /// <summary>The repository this program was built in; null for a published one.</summary>
    private static string? Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "IoTBackend.sln")))
            folder = folder.Parent;
        return folder?.FullName;
    }
}
