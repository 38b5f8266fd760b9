using System.Diagnostics;

namespace Local.Tests.ScaleOut;

/// <summary>The small function app in a process of its own.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    public static readonly TimeSpan BalanceInterval = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan OwnershipExpiry = TimeSpan.FromSeconds(10);

    private readonly Process process;

    public HostProcess(string name, string storage, string hub)
    {
        Name = name;
        process = Process.Start(new ProcessStartInfo("dotnet", Path.Combine(AppContext.BaseDirectory, "ScaleOutApp.dll"))
        {
            RedirectStandardOutput = true,
            Environment =
            {
                ["HostName"] = name,
                ["AzureWebJobsStorage"] = storage,
                ["EventHub"] = hub,
                ["EventHub__Name"] = "telemetry",
                ["Functions__Port"] = "0",
                ["Logging__LogLevel__Default"] = "Warning",
                ["AzureFunctionsJobHost__extensions__eventHubs__loadBalancingUpdateInterval"] = $"{BalanceInterval}",
                ["AzureFunctionsJobHost__extensions__eventHubs__partitionOwnershipExpirationInterval"] = $"{OwnershipExpiry}",
            },
        })!;
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is not null)
                TestContext.Current.TestOutputHelper?.WriteLine($"{Name}: {line.Data}");
        };
        process.BeginOutputReadLine();
    }

    public string Name { get; }

    /// <summary>As a crash or the machine's failure: no farewell.</summary>
    public void Kill()
    {
        process.Kill();
        process.WaitForExit();
    }

    /// <summary>As the platform scales in: SIGTERM. Returns the exit code.</summary>
    public async Task<int> StopAsync()
    {
        Process.Start("kill", ["-TERM", $"{process.Id}"]).Dispose();
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
