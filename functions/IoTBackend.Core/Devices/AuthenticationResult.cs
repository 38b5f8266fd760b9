namespace IoTBackend.Core.Devices;

/// <summary>How a device's credential was judged.</summary>
public enum AuthenticationResult
{
    Valid,

    /// <summary>No Authorization header.</summary>
    Missing,

    /// <summary>Not a SharedAccessSignature with sr, sig and se.</summary>
    Malformed,

    /// <summary>Signed for another device or host.</summary>
    WrongDevice,

    /// <summary><c>se</c> has passed.</summary>
    Expired,

    /// <summary><c>se</c> is more than 30 days ahead.</summary>
    TooLong,

    /// <summary>Signed with none of this device's keys.</summary>
    WrongSignature,

    /// <summary>Rightly signed, with a key that was rotated away or of a device that is disabled or deleted.</summary>
    Revoked,
}

public static class AuthenticationResults
{
    /// <summary>HTTP status: 403 where a new signature would not help, else 401.</summary>
    public static int Status(this AuthenticationResult result) => result switch
    {
        AuthenticationResult.Valid => 200,
        AuthenticationResult.Revoked => 403,
        _ => 401,
    };

    /// <summary>For the developer of the firmware: what is wrong and how to mend it. Never anything of the key.</summary>
    public static string Detail(this AuthenticationResult result) => result switch
    {
        AuthenticationResult.Valid => "The credential is valid.",
        AuthenticationResult.Missing =>
            "Send the header Authorization: SharedAccessSignature sr={resource}&sig={signature}&se={expiry}.",
        AuthenticationResult.Malformed =>
            "The Authorization header must be: SharedAccessSignature sr={URL-encoded host/devices/deviceId}&sig={URL-encoded base64 of 32 bytes}&se={unix seconds}, each part once and no policy name (skn).",
        AuthenticationResult.WrongDevice =>
            "The resource sr must be the URL-encoded {host}/devices/{deviceId} of the device in the request's path, in the same upper and lower case.",
        AuthenticationResult.Expired =>
            "The expiry se has passed. It is in seconds (not milliseconds) since 1970-01-01 UTC; the header Date of this answer is the backend's clock.",
        AuthenticationResult.TooLong =>
            "The expiry se is more than 30 days ahead. It is in seconds (not milliseconds) since 1970-01-01 UTC; the header Date of this answer is the backend's clock.",
        AuthenticationResult.WrongSignature =>
            "The signature fits none of this device's keys. It is HMAC-SHA256 over sr as sent (URL-encoded), a line feed and se, with the key's bytes (base64-decoded); or the device is not registered.",
        AuthenticationResult.Revoked =>
            "The device is disabled or deleted, or its key was rotated away. Its operator can enable it, register it again or hand out its present key.",
        _ => throw new ArgumentOutOfRangeException(nameof(result), result, null),
    };
}
