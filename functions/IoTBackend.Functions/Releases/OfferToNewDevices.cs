using System.Threading.Channels;
using IoTBackend.Adapters.Devices;
using IoTBackend.Adapters.Shared;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Shared;
using Microsoft.Extensions.Hosting;

namespace IoTBackend.Functions.Releases;

/// <summary>
/// Devices registered, moved or enabled after a release was offered get it within seconds. Changes are gathered first: a
/// thousand registrations are one look at the fleet. What is missed here the reconciliation finds.
/// </summary>
internal sealed class OfferToNewDevices(ITracks tracks, IReleaseWork work, TimeProvider time) : BackgroundService, IChangeSubscriber
{
    private static readonly TimeSpan Gathering = TimeSpan.FromSeconds(5);

    private readonly Channel<bool> _changed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public string Topic => TableDevices.Topic;

    public ValueTask OnChangeAsync(Change change, CancellationToken cancellationToken)
    {
        _changed.Writer.TryWrite(true);
        return ValueTask.CompletedTask;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var _ in _changed.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                foreach (var track in await tracks.ListAsync(stoppingToken))
                    await work.QueueAsync(new OfferWork(track.Name), TimeSpan.Zero, stoppingToken);
            }
            catch (UnavailableException)
            {
                _changed.Writer.TryWrite(true);
            }

            await Task.Delay(Gathering, time, stoppingToken);
        }
    }
}
