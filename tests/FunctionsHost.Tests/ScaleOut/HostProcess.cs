using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace FunctionsHost.Tests.ScaleOut;

/// <summary>A host in a process of its own, with the hello app; of its functions only the one on the hub is on.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    public static readonly TimeSpan BalanceInterval = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan OwnershipExpiry = TimeSpan.FromSeconds(10);

    private readonly ConcurrentQueue<string> lines = new();
    private readonly Process process;

    public HostProcess(string name, string storage, string hub, params string[] arguments)
    {
        Name = name;
        process = Process.Start(new ProcessStartInfo("dotnet", [Built.Host, Built.HelloApp, .. arguments])
        {
            RedirectStandardOutput = true,
            Environment =
            {
                ["HostName"] = name,
                ["AzureWebJobsStorage"] = storage,
                ["EventHub"] = hub,
                ["EventHub__Name"] = "telemetry",
                ["Functions__Port"] = "0",
                ["Local__StateDirectory"] = Path.Combine(Path.GetTempPath(), $"host-{Guid.NewGuid():n}"),
                ["Logging__LogLevel__Default"] = "Warning",
                ["AzureFunctionsJobHost__extensions__eventHubs__loadBalancingUpdateInterval"] = $"{BalanceInterval}",
                ["AzureFunctionsJobHost__extensions__eventHubs__partitionOwnershipExpirationInterval"] = $"{OwnershipExpiry}",
                ["AzureWebJobs__Texts__Disabled"] = "true",
                ["AzureWebJobs__Bytes__Disabled"] = "true",
                ["AzureWebJobs__Objects__Disabled"] = "true",
                ["AzureWebJobs__Messages__Disabled"] = "true",
                ["AzureWebJobs__EverySecond__Disabled"] = "true",
                ["AzureWebJobs__Hourly__Disabled"] = "true",
            },
        })!;
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null)
                return;
            lines.Enqueue(line.Data);
            TestContext.Current.TestOutputHelper?.WriteLine($"{Name}: {line.Data}");
        };
        process.BeginOutputReadLine();
    }

    public string Name { get; }

    /// <summary>What it has written so far.</summary>
    public IReadOnlyCollection<string> Lines => lines;

    /// <summary>Once it listens, where.</summary>
    public Uri? Address => lines.FirstOrDefault(line => line.Contains("listening on", StringComparison.Ordinal)) is { } line ? new(line.Split(' ')[^1]) : null;

    /// <summary>As a crash or the machine's failure: no farewell.</summary>
    public void Kill()
    {
        process.Kill();
        process.WaitForExit();
    }

    /// <summary>As the platform scales in: SIGTERM. Returns the exit code.</summary>
    public async Task<int> StopAsync()
    {
        Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]).Dispose();
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
