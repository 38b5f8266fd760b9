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

    public static IResult Of(int status, string detail) => Results.Problem(detail, statusCode: status);
}
