using System.Threading.Channels;
using IoTBackend.Core.Devices;
using IoTBackend.Core.Shared;
using IoTBackend.Core.Signals;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IoTBackend.Functions.Devices;

/// <summary>
/// Sends <c>security.authFailures</c> on its way beside the requests that caused it. Names that are not registered are
/// left out: anybody can make them up. Nothing is lost for good: an attack that goes on is said again each window.
/// </summary>
internal sealed partial class AuthenticationAlerts(IDeviceCatalog devices, IAlertQueue queue, ILogger<AuthenticationAlerts> log) : BackgroundService
{
    private readonly Channel<AlertTransition> _steps =
        System.Threading.Channels.Channel.CreateBounded<AlertTransition>(new BoundedChannelOptions(1000) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    public void Post(AlertTransition step) => _steps.Writer.TryWrite(step);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var step in _steps.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                if (step.DeviceId is { } id && await devices.FindAsync(id, stoppingToken) is { } device)
                    await queue.EnqueueAsync(step with { Groups = device.Groups }, stoppingToken);
            }
            catch (UnavailableException e)
            {
                LogLost(log, e.Service);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "An alert about failed authentications was not queued: {Service} is unavailable")]
    private static partial void LogLost(ILogger log, string service);
}
