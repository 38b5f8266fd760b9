using System.Collections;
using Microsoft.Win32.SafeHandles;

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
        Out = Output(),
        Error = Console.Error,
        IsTerminal = !Console.IsOutputRedirected,
        CanAsk = !Console.IsInputRedirected && !Console.IsErrorRedirected,
        Width = Console.IsOutputRedirected || Console.WindowWidth <= 0 ? Unlimited : Console.WindowWidth,
        Environment = System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? ""),
        LocalState = Path.Combine(Repository() ?? Directory.GetCurrentDirectory(), ".local"),
        Time = TimeProvider.System,
        Account = System.Environment.UserName,
    };

    /// <summary>
    /// Into a pipe not as the console writes, to which one that nobody reads any more is like any other: <c>iot alerts --watch | head -1</c> would never end.
    /// </summary>
    private static TextWriter Output()
    {
        if (!Console.IsOutputRedirected || OperatingSystem.IsWindows())
            return Console.Out;
        var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        // In a file it would not move the place at which the shell's next program goes on.
        return stream.CanSeek ? Console.Out : new StreamWriter(stream) { AutoFlush = true };
    }

    /// <summary>The repository this program was built in; null for a published one.</summary>
    private static string? Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "IoTBackend.sln")))
            folder = folder.Parent;
        return folder?.FullName;
    }
}
