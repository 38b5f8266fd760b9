using IoTBackend.Core.Ingest;
using IoTBackend.Core.Shared;
using Microsoft.Extensions.Hosting;

namespace IoTBackend.Functions.Hosting;

/// <summary>Connects to the hub while an instance starts, so that the first device it serves does not wait for that.</summary>
internal sealed class WarmUp(ITelemetryLog log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await log.OpenAsync(stoppingToken);
        }
        catch (UnavailableException)
        {
            // The first request tries again, and its answer says so.
        }
    }
}
