using IoTBackend.Cli;
using IoTBackend.Cli.Commands;
using Microsoft.Extensions.Time.Testing;

namespace Cli.Tests;

/// <summary>Runs of the program in this process, with a home of their own.</summary>
internal sealed class Iot : IDisposable
{
    /// <summary>Nobody listens there: ports below 1024 that no service of these machines has.</summary>
    public const string Nowhere = "http://127.0.0.1:1";

    public const string Key = "the-operator-key-of-the-test";

    public static readonly DateTimeOffset Now = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    public string Home { get; } = Directory.CreateTempSubdirectory("iot-cli-").FullName;

    public Dictionary<string, string> Environment { get; } = [];

    public string Input { get; set; } = "";

    public Surroundings Around(TextWriter? output = null, TextWriter? error = null) => new()
    {
        In = new StringReader(Input),
        Out = output ?? TextWriter.Null,
        Error = error ?? TextWriter.Null,
        Environment = new Dictionary<string, string>(Environment) { ["HOME"] = Home },
        LocalState = Path.Combine(Home, ".local"),
        Time = new FakeTimeProvider(Now),
        Account = "anna",
    };

    public async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var exitCode = await IotCommand.RunAsync(arguments, Around(output, error), CancellationToken.None);
        return (exitCode, output.ToString(), error.ToString());
    }

    public string Write(string name, string text, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        var path = Path.Combine(Home, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, mode);
        return path;
    }

    public void Dispose() => Directory.Delete(Home, recursive: true);
}
