using Microsoft.AspNetCore.Http;

namespace IoTBackend.Functions.Http;

/// <summary>Errors as RFC 9457 problem details. The detail says what was wrong and, where that is not plain, how to mend it.</summary>
internal static class Problem
{
    public static IResult BadRequest(string detail) => Of(StatusCodes.Status400BadRequest, detail);

    public static IResult Unauthorized(string detail) => Of(StatusCodes.Status401Unauthorized, detail);

    public static IResult Forbidden(string detail) => Of(StatusCodes.Status403Forbidden, detail);

    public static IResult NotFound(string detail) => Of(StatusCodes.Status404NotFound, detail);

    public static IResult Conflict(string detail) => Of(StatusCodes.Status409Conflict, detail);

    public static IResult BadContinuation() => BadRequest("continuation must be what the page before of this list said.");

    public static IResult Of(int status, string detail, params ReadOnlySpan<(string Name, object Value)> extensions)
    {
        var members = new Dictionary<string, object?>(extensions.Length);
        foreach (var (name, value) in extensions)
            members.Add(name, value);
        return Results.Problem(detail, statusCode: status, extensions: members);
    }
}
