using System.Diagnostics;
using System.Runtime.InteropServices;

namespace IoTBackend.Stack.Children;

/// <summary>
/// One running <see cref="ChildProgram"/>. It writes its own log file, has its own session (so that Ctrl-C reaches the stack
/// alone and the stack ends its children in order), and dies with the stack even when that is killed outright.
/// </summary>
internal sealed partial class ChildProcess : IDisposable
{
    private const int SigTerm = 15;
    private const int SigKill = 9;

    // Where util-linux is missing (macOS), children end with the stack only when the stack ends in order.
    private static readonly string[] Wrapper =
        File.Exists("/usr/bin/setsid") && File.Exists("/usr/bin/setpriv") ? ["/usr/bin/setsid", "/usr/bin/setpriv", "--pdeathsig", "KILL"] : [];

    private readonly Process process;
    private readonly ChildProgram program;
    private readonly string log;

    private ChildProcess(ChildProgram program, Process process, string log) => (this.program, this.process, this.log) = (program, process, log);

    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    /// <summary>Ends with the process.</summary>
    public Task Exited => process.WaitForExitAsync();

    /// <param name="logFolder">Gets <c>{name}.log</c>; that of the run before is kept as <c>{name}.log.1</c>.</param>
    public static async Task<ChildProcess> StartAsync(ChildProgram program, string logFolder)
    {
        Directory.CreateDirectory(logFolder);
        var log = Path.Combine(logFolder, program.Name + ".log");
        if (File.Exists(log))
            File.Move(log, log + ".1", overwrite: true);
        var start = new ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", "umask 077; log=$1; shift; exec \"$@\" >>\"$log\" 2>&1 </dev/null", "sh", log },
        };
        foreach (var argument in Wrapper.Concat(program.Command))
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in program.Environment)
            start.Environment[name] = value;
        return new(program, await Spawner.StartAsync(start), log);
    }

    /// <summary>Waits until the program is ready.</summary>
    /// <exception cref="StackException">It ended, or was not ready in time; says what it wrote last.</exception>
    public async Task ReadyAsync(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (!await LooksReadyAsync(cancellationToken))
        {
            if (process.HasExited)
                throw new StackException($"{program.Name} ended with code {process.ExitCode} while starting.{LastLines()}");
            if (time.GetElapsedTime(started) > limit)
                throw new StackException($"{program.Name} was not ready within {limit.TotalSeconds:0} s.{LastLines()}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellationToken);
        }
    }

    /// <summary>Asks it to end, and ends it when it has not within its grace.</summary>
    public async Task StopAsync()
    {
        Signal(SigTerm);
        try
        {
            await Exited.WaitAsync(program.Grace);
        }
        catch (TimeoutException)
        {
            await KillAsync();
        }
    }

    /// <summary>Ends it as a power cut would.</summary>
    public async Task KillAsync()
    {
        Signal(SigKill);
        await Exited;
    }

    /// <summary>How it ended and what it wrote last, for a message.</summary>
    public string Obituary() => $"{program.Name} ended with code {process.ExitCode}.{LastLines()}";

    public void Dispose() => process.Dispose();

    private void Signal(int signal)
    {
        if (!process.HasExited)
            _ = Kill(process.Id, signal);
    }

    private async Task<bool> LooksReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            return !process.HasExited && await program.IsReady(cancellationToken);
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private string LastLines()
    {
        // A .NET program that fails says why first and where afterwards, at length.
        var lines = File.Exists(log) ? File.ReadLines(log).Where(line => !line.TrimStart().StartsWith("at ", StringComparison.Ordinal)).TakeLast(12) : [];
        return $" Its log is {log}.{string.Concat(lines.Select(line => "\n    " + (line.Length > 300 ? line[..300] : line)))}";
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
