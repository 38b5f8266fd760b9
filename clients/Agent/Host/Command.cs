using System.Diagnostics;

namespace IoTBackend.Agent.Host;

/// <summary>Runs a configured program of the host, without a shell; what it prints, up to 4 KiB, or null when it failed.</summary>
internal static class Command
{
    private const int MaxOutput = 4096;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static async Task<string?> RunAsync(IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(Patience);
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true };
        Process? process = null;
        try
        {
            process = Process.Start(start);
            if (process is null)
                return null;
            var buffer = new char[MaxOutput];
            var length = await process.StandardOutput.ReadBlockAsync(buffer, late.Token);
            await process.WaitForExitAsync(late.Token);
            return process.ExitCode == 0 ? new string(buffer, 0, length) : null;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
        finally
        {
            if (process is { HasExited: false })
                process.Kill(entireProcessTree: true);
            process?.Dispose();
        }
    }
}
