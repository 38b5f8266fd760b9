using IoTBackend.Core.Detection;

namespace IoTBackend.Core.Connectivity;

/// <summary>When the device was heard and what has been said about its silence. Times in Unix milliseconds, 0 = never.</summary>
internal struct SilenceState
{
    public long FirstArrival;
    public long LastArrival;

    /// <summary>Silence is counted from here at the earliest: the end of the latest gap the backend caused.</summary>
    public long HeldSince;

    /// <summary>Until then the device has asked not to be expected.</summary>
    public long ExpectedBy;

    /// <summary>When the open <c>device.offline</c> was raised; 0 = none open.</summary>
    public long RaisedAt;
    public long ImageSwitchedAt;
    private int _status;
    private int _cause;
    private int _attached;

    /// <summary>Part of an outage of its group: its own alert is quiet.</summary>
    public bool Attached
    {
        readonly get => _attached != 0;
        set => _attached = value ? 1 : 0;
    }

    public ConnectivityStatus Status
    {
        readonly get => (ConnectivityStatus)_status;
        set => _status = (int)value;
    }

    public SilenceCause Cause
    {
        readonly get => (SilenceCause)_cause;
        set => _cause = (int)value;
    }
}

/// <summary>Why a device fell silent, as far as the evidence goes.</summary>
internal enum SilenceCause
{
    Unknown,
    Power,
    Link,
    Gateway,
    Device,
    Update,
}

internal static class SilenceCauses
{
    /// <summary>The cause as alerts name it: a contract.</summary>
    public static string Name(this SilenceCause cause) => cause switch
    {
        SilenceCause.Power => "power",
        SilenceCause.Link => "link",
        SilenceCause.Gateway => "gateway",
        SilenceCause.Device => "device",
        SilenceCause.Update => "update",
        _ => "unknown",
    };
}
