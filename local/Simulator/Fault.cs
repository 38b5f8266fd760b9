namespace IoTBackend.Simulator;

/// <summary>What is wrong with a simulated device.</summary>
internal enum Fault
{
    None,

    /// <summary>The battery falls from 26 % to 4 % within some 30 readings, stays there for 30, and is replaced.</summary>
    Battery,

    /// <summary>Every now and then out of reach for 24 intervals, while it goes on sending; then it comes back.</summary>
    DeadZone,

    /// <summary>Five readings, then nothing for 15 intervals, again and again.</summary>
    Flapping,

    /// <summary>Restarts every 20 readings: its counter begins again.</summary>
    Reboots,

    /// <summary>One message in four is lost.</summary>
    Loss,

    /// <summary>Runs what it is told to run for two readings, then nothing is heard of it any more.</summary>
    Crash,

    /// <summary>Says that it installed an image and goes on with the one before.</summary>
    Lie,
}
