using IoTBackend.Core.Detection.Connectivity;
using IoTBackend.Core.Devices;

namespace IoTBackend.Core.State;

/// <summary>
/// How many members of a group are in use: heard within their last day or ten intervals. Counted over the whole fleet, at
/// most once a minute, and only while somebody is silent.
/// </summary>
public sealed class ActiveMembers(IDeviceRegistry registry, IDeviceStates states, DevicePolicies policies)
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(1);

    private Dictionary<string, int> _counts = [];
    private DateTimeOffset _countedAt;

    public async Task<int> CountAsync(string group, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (now - _countedAt > Life)
        {
            var active = new HashSet<string>(StringComparer.Ordinal);
            await foreach (var (deviceId, record) in states.ListAsync(cancellationToken))
            {
                if (await policies.FindAsync(deviceId, cancellationToken) is var (device, policy) && device.Groups.Count > 0
                    && MemberChange.Of(deviceId, policy, record.Detection, now) is var member
                    && now - member.SilentSince <= MemberChange.ActiveFor(member.Interval))
                    active.Add(deviceId);
            }

            var counts = new Dictionary<string, int>(StringComparer.Ordinal);
            await foreach (var device in registry.ListAsync(cancellationToken))
            {
                if (!active.Contains(device.Id))
                    continue;
                foreach (var name in device.Groups)
                    counts[name] = counts.GetValueOrDefault(name) + 1;
            }

            (_counts, _countedAt) = (counts, now);
        }

        return _counts.GetValueOrDefault(group);
    }
}
