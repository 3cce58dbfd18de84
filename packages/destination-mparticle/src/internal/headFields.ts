/** The properties of an event that its head is made of. */
export interface HeadFields {
  ad_id: unknown
  ad_id_type: unknown
  ad_tracking_enabled: unknown
  app_id: unknown
  device_model: unknown
  email_address: unknown
  os_version: unknown
  platform: unknown
  to_phone_number: unknown
  user_phone_number: unknown
}

/** Fields that may become `$mobile`, the preferred one first. */
export const mobileFields = ["to_phone_number", "user_phone_number"] as const

/**
 * Walks the event's own fields: events come in a great many shapes, and to ask each for fields that it may have costs
 * several times as much.
 */
export const headFields = (properties: { readonly [field: string]: unknown }): HeadFields => {
  const fields: HeadFields = {
    ad_id: undefined,
    ad_id_type: undefined,
    ad_tracking_enabled: undefined,
    app_id: undefined,
    device_model: undefined,
    email_address: undefined,
    os_version: undefined,
    platform: undefined,
    to_phone_number: undefined,
    user_phone_number: undefined
  }
  for (const field in properties) {
    // Not in each case: what V8 compiles of fields that it has not met there it has to give up each time that one comes.
    const value = properties[field]
    switch (field) {
      case "ad_id":
        fields.ad_id = value
        break
      case "ad_id_type":
        fields.ad_id_type = value
        break
      case "ad_tracking_enabled":
        fields.ad_tracking_enabled = value
        break
      case "app_id":
        fields.app_id = value
        break
      case "device_model":
        fields.device_model = value
        break
      case "email_address":
        fields.email_address = value
        break
      case "os_version":
        fields.os_version = value
        break
      case "platform":
        fields.platform = value
        break
      case "to_phone_number":
        fields.to_phone_number = value
        break
      case "user_phone_number":
        fields.user_phone_number = value
        break
    }
  }
  return fields
}
