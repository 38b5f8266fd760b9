using System.Diagnostics.Metrics;
using IoTBackend.Core.Releases;
using IoTBackend.Core.Releases.Pushes;

namespace IoTBackend.Functions.Releases;

/// <summary>Meter <c>IoTBackend.Releases</c>. Tags are from closed sets; tracks, tags and devices never are.</summary>
internal sealed class ReleasesMeter
{
    public const string Name = "IoTBackend.Releases";

    private readonly Counter<long> _events;
    private readonly Counter<long> _reads;
    private readonly Counter<long> _later;
    private readonly Counter<long> _offered;

    public ReleasesMeter(IMeterFactory meters)
    {
        var meter = meters.Create(Name);
        _events = meter.CreateCounter<long>("iot.releases.events", "{event}", "Push events taken, by form and outcome");
        _reads = meter.CreateCounter<long>("iot.releases.tags_read", "{tag}", "Tags read back after an event, by result");
        _later = meter.CreateCounter<long>("iot.releases.reads_put_off", "{read}", "Reads put off because their registry was down or refused");
        _offered = meter.CreateCounter<long>("iot.releases.devices_offered", "{device}", "Devices that a release was queued for");
    }

    public void EventTaken(PushEventReceipt receipt) =>
        _events.Add(1, new("iot.form", receipt.Form), new KeyValuePair<string, object?>("iot.outcome", receipt.Outcome.ToString()));

    public void TagRead(FollowResult result) => _reads.Add(1, new KeyValuePair<string, object?>("iot.result", result.ToString()));

    public void ReadLater() => _later.Add(1);

    public void Offered(int devices) => _offered.Add(devices);
}
