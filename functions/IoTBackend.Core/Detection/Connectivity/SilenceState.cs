namespace IoTBackend.Core.Detection.Connectivity;

/// <summary>When the device was heard and what has been said about its silence. Times in Unix milliseconds, 0 = never.</summary>
internal struct SilenceState
{
    public long FirstArrival;
    public long LastArrival;

    /// <summary>Silence is counted from here at the earliest: the end of the latest gap the backend caused.</summary>
    public long HeldSince;

    /// <summary>Time until the next report as announced by the latest one, milliseconds; 0 = not announced.</summary>
    public long Announced;

    /// <summary>When the open <c>device.offline</c> was raised; 0 = none open.</summary>
    public long RaisedAt;

    /// <summary>When the image was seen to change.</summary>
    public long ImageSwitchedAt;

    /// <summary>When the open silence began; kept while the return is being confirmed.</summary>
    public long SilentSince;
    private int _status;
    private int _cause;
    private int _attached;
    private int _returning;
    private int _confirm;
    private int _wasLong;

    /// <summary>Part of an outage of its group: its own alert is quiet.</summary>
    public bool Attached
    {
        readonly get => _attached != 0;
        set => _attached = value ? 1 : 0;
    }

    /// <summary>Heard again, but the alert stays open until a second message confirms it.</summary>
    public bool Returning
    {
        readonly get => _returning != 0;
        set => _returning = value ? 1 : 0;
    }

    /// <summary>The device was offline shortly before this silence too: one message is not yet a return.</summary>
    public bool NeedsConfirmation
    {
        readonly get => _confirm != 0;
        set => _confirm = value ? 1 : 0;
    }

    /// <summary>The latest silence the device was called offline for was longer than any rhythm explains.</summary>
    public bool WasLong
    {
        readonly get => _wasLong != 0;
        set => _wasLong = value ? 1 : 0;
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
