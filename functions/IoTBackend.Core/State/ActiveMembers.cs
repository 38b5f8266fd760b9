using IoTBackend.Core.Detection.Connectivity;

namespace IoTBackend.Core.State;

/// <summary>
/// How many members of a group are in use, that is heard within their last day or ten intervals, and how well they are heard. Counted over
/// the whole fleet, at most once a minute, and only while somebody is silent.
/// </summary>
public sealed class ActiveMembers(IDeviceStates states, DevicePolicies policies)
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(1);

    private Dictionary<string, GroupActivity> _groups = [];
    private DateTimeOffset _countedAt;

    /// <summary>Devices of the fleet that were heard, when it was counted last; 0 = not counted yet.</summary>
    public int Fleet { get; private set; }

    /// <param name="group">Its name.</param>
    /// <param name="now">The time of the sweep.</param>
    /// <param name="heard">Up to where the devices were heard.</param>
    /// <param name="cancellationToken">Stops between two devices.</param>
    public async Task<GroupActivity> CountAsync(string group, DateTimeOffset now, HeardUntil heard, CancellationToken cancellationToken)
    {
        if ((now - _countedAt).Duration() > Life)
        {
            var groups = new Dictionary<string, GroupActivity>(StringComparer.Ordinal);
            var fleet = 0;
            await foreach (var (deviceId, record) in states.ListAsync(cancellationToken))
            {
                fleet++;
                if (await policies.FindAsync(deviceId, cancellationToken) is not var (device, policy) || device.Groups.Count == 0
                    || !record.Detection.IsActive(policy, now))
                    continue;
                foreach (var name in device.Groups)
                {
                    if (!groups.TryGetValue(name, out var activity))
                        groups.Add(name, activity = new());
                    activity.Add(deviceId, record.Detection, heard);
                }
            }

            (_groups, _countedAt, Fleet) = (groups, now, fleet);
        }

        return _groups.GetValueOrDefault(group) ?? new();
    }
}

/// <summary>The members of a group in use.</summary>
public sealed class GroupActivity
{
    /// <summary>How many.</summary>
    public int Active { get; private set; }

    /// <summary>How well they are heard.</summary>
    public GroupHearing Hearing { get; } = new();

    internal void Add(string deviceId, in Detection.DetectionState state, HeardUntil heard)
    {
        Active++;
        if (heard.Processed is { } until)
            Hearing.Add(deviceId, in state, until, heard.Since);
    }
}

/// <summary>Up to where the devices were heard.</summary>
/// <param name="Processed">Every reading that arrived before was processed; null = not known, so that nothing may be said of who is heard less.</param>
/// <param name="Since">End of the last gap the backend caused itself.</param>
public readonly record struct HeardUntil(DateTimeOffset? Processed, DateTimeOffset Since);
